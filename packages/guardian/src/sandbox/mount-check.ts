import { isWithin } from "../paths/resolve.ts";
import type { Mount } from "./mounts.ts";

/** A line of `/proc/PID/mountinfo` (`proc_pid_mountinfo(5)`). */
interface MountLine {
  readonly device: string;
  /** What of the file system is mounted. */
  readonly root: string;
  readonly point: string;
  readonly readOnly: boolean;
}

/**
 * Whether a sandbox has exactly the mounts that were ordered. Bubblewrap finds what it mounts by its path, and follows
 * links: another command that runs at that time may have put one there. The kernel says what really was mounted.
 * @param sandbox `mountinfo` of the sandbox's first process
 * @param own `mountinfo` of this process
 * @returns null while the sandbox is being made
 */
export function mountsAreRight(ordered: readonly Mount[], sandbox: string, own: string): boolean | null {
  const there = parse(sandbox);
  const here = parse(own);
  const base = there.findLast(({ point }) => point === "/");
  const isMade = base?.root === "/newroot" && there.every(({ point }) => !/^\/(?:new|old)root\b/.test(point));
  if (!isMade || here.some(({ device }) => device === base.device)) return null;
  const isOf = (path: string, { device, root }: MountLine): boolean => {
    const outside = identityOf(path, here);
    return outside !== null && outside.device === device && outside.root === root;
  };
  /** An empty file system, made for the sandbox. */
  const isNew = ({ root, device }: MountLine): boolean =>
    root === "/" && here.every((line) => line.device !== device);
  const isAsOrdered = ({ type, path }: Mount): boolean => {
    const line = there.findLast(({ point }) => point === path);
    if (line === undefined) return false;
    switch (type) {
      case "write":
        return isOf(path, line);
      case "read":
        return line.readOnly && isOf(path, line);
      case "hide-file":
        return line.readOnly && isOf("/dev/null", line);
      case "hide-folder":
        return line.readOnly && isNew(line);
    }
  };
  // What the user has mounted in a granted folder comes with it, and lies over what is new there for every command.
  const others = there.filter(
    ({ point }) =>
      ordered.some(({ path }) => isWithin(point, path)) && !ordered.some(({ path }) => path === point),
  );
  return ordered.every(isAsOrdered) && others.every((line) => isNew(line) || isOf(line.point, line));
}

/** What a path is on this computer: a place in a file system. */
function identityOf(path: string, mounts: readonly MountLine[]): Pick<MountLine, "device" | "root"> | null {
  const holding = mounts
    .filter(({ point }) => isWithin(path, point))
    .reduce<MountLine | null>(
      (best, one) => (best !== null && best.point.length > one.point.length ? best : one),
      null,
    );
  if (holding === null) return null;
  const { device, root, point } = holding;
  const inside = point === "/" ? path : path.slice(point.length);
  return { device, root: inside === "" || inside === "/" ? root : `${root === "/" ? "" : root}${inside}` };
}

function parse(text: string): readonly MountLine[] {
  return text.split("\n").flatMap((line) => {
    const [, , device, root, point, options] = line.split(" ");
    if (device === undefined || root === undefined || point === undefined) return [];
    const readOnly = options?.split(",").includes("ro") ?? false;
    return [{ device, root: unescape(root), point: unescape(point), readOnly }];
  });
}

/** Blanks, tabs, line ends and backslashes are written in octal digits. */
function unescape(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCodePoint(Number.parseInt(digits, 8)),
  );
}

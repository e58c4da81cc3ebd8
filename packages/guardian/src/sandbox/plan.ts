import { posix } from "node:path";
import type { Need } from "../analysis/report.ts";
import type { Grant } from "../grants/grant.ts";
import { protectionOf } from "../paths/protected.ts";
import { isWithin } from "../paths/resolve.ts";
import type { World } from "../world/world.ts";
import { hostsOf } from "./hosts.ts";

/** What a command may see and change of this computer; everything else is not there for it. */
export interface SandboxPlan {
  /** Where it starts; absolute, without links. */
  readonly folder: string;
  /** Folders and files, absolute, without links. */
  readonly readable: readonly string[];
  readonly writable: readonly string[];
  /** Within them, what a grant forbids to read. */
  readonly hidden: readonly string[];
  /** Within them, what a grant forbids to write. */
  readonly kept: readonly string[];
  /** Whether version control itself runs, which writes into its own folder. */
  readonly versionControl: boolean;
  /** Names of servers that it may speak to, over https; none and it has no network at all. */
  readonly hosts: readonly string[];
}

/** The grants that count for a command. */
interface PlanGrants {
  /** Those that matched. */
  readonly matched: readonly Grant[];
  /** Of the folder in which something runs that nobody can see through; it may use them to the full. */
  readonly whole: readonly Grant[];
  /** Those that forbid something to whoever asks. */
  readonly forbidding: readonly Grant[];
}

/**
 * Derives the plan from the grants that allowed a command, and from nothing else: a folder is writable when it was
 * granted for writing and something in it is to be written.
 * @param said needs to which the owner said yes for this one time
 * @param exists whether something is at a path; what is to be made needs the folder in which it will lie
 */
export function planOf(
  folder: string,
  needs: readonly Need[],
  { matched, whole, forbidding }: PlanGrants,
  said: readonly Need[],
  exists: (path: string) => boolean,
): SandboxPlan {
  const changed = needs.flatMap((need) =>
    need.type === "write" || need.type === "remove" ? [need.path] : [],
  );
  const readable = new Set<string>();
  const writable = new Set<string>();
  const placeOf = (path: string): string => (exists(path) ? path : posix.dirname(path));
  for (const grant of [...matched, ...whole]) {
    const { scope } = grant;
    if (scope.type !== "read" && scope.type !== "write") continue;
    const { path, type } = scope;
    const toBeChanged = whole.includes(grant) || changed.some((one) => isWithin(one, path));
    if (type === "write" && toBeChanged) writable.add(placeOf(path));
    else readable.add(path);
  }
  for (const need of said) {
    if (need.type === "read") readable.add(need.path);
    if (need.type === "write") writable.add(placeOf(need.path));
    if (need.type === "remove") writable.add(need.contents === true ? need.path : posix.dirname(need.path));
  }
  const hidden = forbidden(forbidding, "read");
  const kept = forbidden(forbidding, "write");
  const isIn = (path: string, folders: readonly string[]): boolean =>
    folders.some((one) => isWithin(path, one));
  const seen = (paths: readonly string[]): string[] => paths.filter((path) => !isIn(path, hidden));
  const write = outermost(seen([...writable].filter((path) => !isIn(path, kept))));
  const read = outermost(seen([...readable, ...[...writable].filter((path) => isIn(path, kept))]));
  return {
    folder,
    readable: read.filter((path) => !isIn(path, write)),
    writable: write,
    hidden,
    kept,
    versionControl: needs.some((need) => need.type === "run" && /(?:^|\/)git$/.test(need.program)),
    hosts: hostsOf(matched, forbidding, said),
  };
}

function outermost(paths: readonly string[]): string[] {
  return [...new Set(paths)].filter(
    (path) => path !== "/" && !paths.some((other) => other !== path && isWithin(path, other)),
  );
}

function forbidden(grants: readonly Grant[], type: "read" | "write"): string[] {
  return grants.flatMap(({ scope }) => (scope.type === type ? [scope.path] : []));
}

/** Many other programs work there. */
const sharedFolders: ReadonlySet<string> = new Set(["/tmp", "/var/tmp"]);

/**
 * A folder that would have to be open for writing, and in which there is more than anybody means who says yes to one
 * file in it; null when there is none.
 */
export function tooWide({ writable, versionControl }: SandboxPlan, world: World): string | null {
  const isTooWide = (path: string): boolean =>
    isWithin(world.home, path) || sharedFolders.has(path) || protectionOf(world, path, "write") !== null;
  const isOfVersionControl = (path: string): boolean => versionControl && path.endsWith("/.git");
  return (
    writable.find(
      (path) => world.entry(path)?.kind === "folder" && isTooWide(path) && !isOfVersionControl(path),
    ) ?? null
  );
}

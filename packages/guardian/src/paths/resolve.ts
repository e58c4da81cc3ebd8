import type { World } from "../world/world.ts";

/** Where a path leads once every link on the way is followed, as the kernel follows them. */
export interface Place {
  /** Absolute, without links, `.` and `..`. */
  readonly path: string;
  readonly kind: "file" | "folder" | "special" | "missing";
  /** The file has other names, which may lie anywhere. */
  readonly manyNames: boolean;
}

/** As the kernel's own limit (`path_resolution(7)`). */
const mostLinks = 40;

/**
 * Follows a path component by component.
 * @param from an absolute folder, for relative paths
 * @param last whether a link in the last place is followed, or meant itself
 * @returns null when it cannot be known: too many links, or `..` behind something that is not there
 */
export function resolvePath(
  world: World,
  from: string,
  path: string,
  last: "follow" | "keep" = "follow",
): Place | null {
  let left = path.split("/").filter((part) => part !== "");
  let at: string[] = [];
  if (!path.startsWith("/")) left = [...from.split("/").filter((part) => part !== ""), ...left];
  let links = 0;
  let missing = false;
  while (left.length > 0) {
    const [part = "", ...rest] = left;
    left = rest;
    if (part === ".") continue;
    if (part === "..") {
      if (missing) return null;
      at = at.slice(0, -1);
      continue;
    }
    const next = [...at, part];
    const entry = missing ? null : world.entry(`/${next.join("/")}`);
    if (entry?.kind === "link" && (last === "follow" || left.length > 0 || path.endsWith("/"))) {
      links += 1;
      if (links > mostLinks) return null;
      const target = entry.target.split("/").filter((name) => name !== "");
      if (entry.target.startsWith("/")) at = [];
      left = [...target, ...left];
      continue;
    }
    if (entry === null) missing = true;
    at = next;
  }
  const real = `/${at.join("/")}`;
  const entry = missing ? null : world.entry(real);
  return {
    path: real,
    kind: entry === null || entry.kind === "link" ? (real === "/" ? "folder" : "missing") : entry.kind,
    manyNames: entry?.kind === "file" && entry.links > 1,
  };
}

/** Whether a path without links is a folder or lies in it. */
export function isWithin(path: string, folder: string): boolean {
  if (!path.startsWith(folder)) return false;
  return path.length === folder.length || folder === "/" || path[folder.length] === "/";
}

/** A path without links, and every folder in which it lies, the outermost first. */
export function* pathsTo(path: string): Generator<string> {
  yield "/";
  for (let at = path.indexOf("/", 1); at > 0; at = path.indexOf("/", at + 1)) yield path.slice(0, at);
  if (path !== "/") yield path;
}

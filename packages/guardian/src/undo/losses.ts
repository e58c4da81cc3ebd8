import { posix } from "node:path";
import type { Decision } from "../decide.ts";
import { isWithin, resolvePath } from "../paths/resolve.ts";
import type { World } from "../world/world.ts";

/** Paths (absolute, without links) of which something would be lost. */
export interface Losses {
  /** Without a copy of them the owner is asked. */
  readonly known: readonly string[];
  /** Folders that a command may write in which nobody can see: a copy of them is kept where that is soon done. */
  readonly guessed: readonly string[];
}

const nothing: Losses = { known: [], guessed: [] };

/** They fill a folder with names that only their archive knows. */
const unpackers = /(?:^|\/)(?:tar|unzip)$/;

/**
 * What an action would lose that was let through: what it removes, the files that it writes over, and, where it says that
 * something is lost and not where, the folders that it may write. What the project's own code does (`npm test`, granted
 * word for word) is not looked into: a copy of the whole project before each would cost more than the test.
 * @param writableBy the folders and files that it may write; asked only where they matter
 */
export function lossesOf(
  { report, missing }: Decision,
  writableBy: () => readonly string[],
  world: World,
): Losses {
  const { needs, unknown } = report;
  const removed = needs.flatMap((need) => (need.type === "remove" ? [need.path] : []));
  const written = needs.flatMap((need) => (need.type === "write" ? [need.path] : []));
  const kindAt = (path: string) => world.entry(path)?.kind ?? null;
  const into = written.filter((path) => kindAt(path) === "folder");
  // Into a folder they go by the names that they have.
  const moved = needs.flatMap((need) => (need.type === "read" || need.type === "remove" ? [need.path] : []));
  const files = [
    ...written.filter((path) => !into.includes(path)),
    ...into.flatMap((folder) =>
      moved.flatMap((path) => resolvePath(world, folder, posix.basename(path))?.path ?? []),
    ),
  ].filter((path) => kindAt(path) !== "special");
  const isLostSomewhere = needs.some(({ type }) => type === "undo");
  const isUnpacked = needs.some((need) => need.type === "run" && unpackers.test(need.program));
  const lost = [
    ...removed,
    ...files,
    ...(isUnpacked ? into : []),
    ...(isLostSomewhere ? writableBy() : []),
  ].filter((path) => kindAt(path) !== null);
  const isUnseen = unknown.length > 0 || missing.some((need) => need.type === "run" && need.beyond !== null);
  const guessed = isUnseen ? outermost(writableBy().filter((path) => kindAt(path) !== null)) : [];
  if (lost.length === 0) return guessed.length === 0 ? nothing : { known: [], guessed };
  // Where something is lost, what comes into being by it is part of what is undone.
  return { known: outermost([...lost, ...files.map((path) => newestFolder(path, world))]), guessed };
}

/** Of what is not there yet, the outermost that would come into being with it. */
function newestFolder(path: string, world: World): string {
  let at = path;
  while (world.entry(at) === null && world.entry(posix.dirname(at)) === null) at = posix.dirname(at);
  return at;
}

export function outermost(paths: readonly string[]): string[] {
  return [...new Set(paths)]
    .filter((path) => !paths.some((other) => other !== path && isWithin(path, other)))
    .toSorted();
}

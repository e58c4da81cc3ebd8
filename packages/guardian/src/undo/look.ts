import { accessSync, type BigIntStats, constants, fstatSync } from "node:fs";
import { posix } from "node:path";
import { entriesOf, type HeldFolder, holdIn, holdParent, kindOf, lookAt } from "./held-folder.ts";
import { type Limits, mostDepth } from "./limits.ts";
import { asNotWhole, NotWhole } from "./not-whole.ts";
import type { Steps } from "./steps.ts";

/**
 * Each entry below some paths and what tells it from another one: whoever changes a file or puts another in its place
 * changes its mark. The folder in which a path lies is an entry, too, and a path where nothing is has none.
 */
export type Marks = ReadonlyMap<string, string>;

export interface Sight {
  readonly marks: Marks;
  readonly entries: number;
  readonly bytes: number;
  /** Paths of what is neither file, folder nor link. */
  readonly special: readonly string[];
}

/**
 * Looks at everything at and below paths (absolute, without links).
 * @throws NotWhole when a copy of it could not have everything
 */
export function* look(paths: readonly string[], limits: Limits): Steps<Sight> {
  const marks = new Map<string, string>();
  const special: string[] = [];
  let entries = 0;
  let bytes = 0;

  function* below(
    folder: HeldFolder,
    name: string,
    stat: BigIntStats,
    path: string,
    depth: number,
  ): Steps<void> {
    yield;
    const kind = kindOf(stat);
    if (kind === "special") return void special.push(path);
    entries += 1;
    if (kind === "file") bytes += Number(stat.size);
    if (entries > limits.entries) throw new NotWhole(`there are more than ${limits.entries} files in it`);
    if (bytes > limits.bytes) throw new NotWhole(`it is larger than ${limits.bytes / 1024 ** 2} MiB`);
    if (depth > mostDepth) throw new NotWhole(`it is deeper than ${mostDepth} folders`);
    marks.set(path, markOf(kind, stat));
    checkRights(stat, () => accessSync(folder.at(name), constants.R_OK));
    if (kind !== "folder") return;
    const inner = holdIn(folder, name);
    try {
      for (const [one, found] of entriesOf(inner))
        yield* below(inner, one, found, `${path}/${one}`, depth + 1);
    } finally {
      inner.close();
    }
  }

  try {
    for (const path of paths) {
      const { folder, name } = holdParent(path);
      try {
        const at = fstatSync(folder.descriptor, { bigint: true });
        marks.set(`${path}/..`, identityOf(at));
        const stat = lookAt(folder, name);
        if (stat !== null) yield* below(folder, name, stat, path, 0);
      } finally {
        folder.close();
      }
    }
  } catch (error) {
    throw asNotWhole(error);
  }
  return { marks, entries, bytes, special };
}

/** What belongs to somebody else could not be put back as theirs. @param tryIt throws where it cannot be read */
function checkRights(stat: BigIntStats, tryIt: () => void): void {
  const own = process.geteuid?.() ?? 0;
  if (own === 0 || stat.isSymbolicLink()) return;
  if (Number(stat.uid) !== own) throw new NotWhole("something in it belongs to somebody else");
  if ((stat.mode & 0o400n) === 0n) tryIt();
}

/** No program can set the change time (`st_ctime`). A folder's tells of every entry, and those have marks of their own. */
function markOf(kind: string, stat: BigIntStats): string {
  const same = `${kind} ${identityOf(stat)} ${stat.mode}`;
  return kind === "folder" ? same : `${same} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}`;
}

/** The number of something that is gone is given to the next. */
function identityOf({ dev, ino, birthtimeNs }: BigIntStats): string {
  return `${dev}:${ino}:${birthtimeNs}`;
}

/** The paths that are others than they were, sorted. */
export function changedBetween(before: Marks, after: Marks): string[] {
  const paths = new Set([...before.keys(), ...after.keys()]);
  const changed = [...paths].filter((path) => before.get(path) !== after.get(path));
  return [...new Set(changed.map((path) => posix.normalize(path)))].toSorted();
}

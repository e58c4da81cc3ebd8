import { type BigIntStats, closeSync, constants, lstatSync, openSync, readdirSync } from "node:fs";
import { openFolder } from "../files/file-hands.ts";
import { isLikePlaceholder } from "../sandbox/placeholders.ts";
import { NotWhole } from "./not-whole.ts";

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants;

/** A folder held open: names in it are reached by way of the descriptor, so that no link leads elsewhere. */
export interface HeldFolder {
  readonly descriptor: number;
  /** The path of a name in it, for this process only. */
  at(name: string): string;
  close(): void;
}

function held(descriptor: number): HeldFolder {
  return {
    descriptor,
    at: (name) => `/proc/self/fd/${descriptor}/${name}`,
    close: () => closeSync(descriptor),
  };
}

/** The folder of a path (absolute, without links), and the name in it. @throws ErrnoException, FileRefusal */
export function holdParent(path: string): { readonly folder: HeldFolder; readonly name: string } {
  const end = path.lastIndexOf("/");
  return { folder: held(openFolder(path.slice(0, end), false)), name: path.slice(end + 1) };
}

/** @throws ErrnoException where there is no folder of this name; also for a link to one */
export function holdIn(folder: HeldFolder, name: string): HeldFolder {
  return held(openSync(folder.at(name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
}

/** Null when nothing is there. */
export function lookAt(folder: HeldFolder, name: string): BigIntStats | null {
  return lstatSync(folder.at(name), { bigint: true, throwIfNoEntry: false }) ?? null;
}

export type EntryKind = "file" | "folder" | "link" | "special";

export function kindOf(stat: BigIntStats): EntryKind {
  if (stat.isFile()) return "file";
  if (stat.isDirectory()) return "folder";
  return stat.isSymbolicLink() ? "link" : "special";
}

/**
 * What is in a folder, in the order of names; without what the sandbox puts there while a command runs.
 * @throws NotWhole
 */
export function entriesOf(folder: HeldFolder): (readonly [string, BigIntStats])[] {
  return readdirSync(folder.at("."))
    .toSorted()
    .flatMap((name) => {
      const stat = lookAt(folder, name);
      // Gone meanwhile, or its name is no text, so that nobody could put it back.
      if (stat === null) throw new NotWhole("something in it comes and goes, or has a name that is no text");
      const isEmpty = (): boolean => readdirSync(folder.at(name)).length === 0;
      return isLikePlaceholder(name, stat, isEmpty) ? [] : [[name, stat] as const];
    });
}

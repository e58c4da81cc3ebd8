import type { Argument } from "../shell/argument.ts";

/** A program as a line calls it, and what its profile can say of it. */
export interface Call {
  /** Its name in the system's folders, like `git`. */
  readonly name: string;
  /** What follows the name. */
  readonly args: readonly Argument[];
  /** The words of what its input may come from. */
  readonly fedBy: readonly (readonly string[])[];
  reads(path: Argument): void;
  /** Reads a path if something is there; otherwise it is a name of another kind. */
  readsIfThere(path: Argument): void;
  isThere(path: Argument): boolean;
  /** Reads the folder in which it is started, and what lies in it. */
  readsFolder(): void;
  writes(path: Argument): void;
  /** Follows every link below a folder, wherever it leads. */
  followsLinksIn(folder: Argument): void;
  /** Writes files with names of their own into a folder. */
  fills(folder: Argument): void;
  /** The same for the folder in which it is started. */
  fillsFolder(): void;
  /** Something would be written there, if that is a folder. */
  arrivesAt(path: Argument): void;
  /** Writes files with other names beside a path. */
  besides(path: Argument): void;
  removes(path: Argument): void;
  /** May touch a path or not: only what is never touched matters. */
  mentions(path: Argument): void;
  /** Opens a connection to a URL. @param sends more than what asks for an answer */
  reaches(url: Argument, sends: boolean): void;
  /** May open a connection to a URL or not: only what is never reached matters. */
  mentionsUrl(url: Argument): void;
  /** The same of a port of a host. */
  mentionsPort(host: string, port: number): void;
  /** Needs a copy of what would be lost. */
  loses(what: string): void;
  /** Whether it is fed with names of files in the scope, each with a NUL behind it. */
  readonly fedByNames: boolean;
  /** Runs another program with these words, and names of files behind them. */
  runsOnNames(words: readonly Argument[]): void;
  /** Runs another program with these words; the first is its name. */
  runs(words: readonly Argument[]): void;
  /** Runs shell code. */
  runsShell(code: Argument): void;
  /** The further arguments are more than data, so that a grant with "any further arguments" does not cover them. */
  beyond(why: string): void;
  /** Nobody can know what it would do. */
  unknown(why: string): void;
  /** It is never done. */
  refuse(why: string): void;
  /** The words by which grants know the call, when they are others than those that are written. */
  namedAs(words: readonly string[]): void;
}

/** What further arguments of a program mean: written from its manual, complete or not used. */
export type Profile = (call: Call) => void;

/** What a program is given, as far as that can be known before the line runs. */
export interface Argument {
  /** Exactly that; null when it depends on what only the run can tell. */
  readonly text: string | null;
  /** A pattern for names of files, with `\` before what is meant literally; null when it is none. */
  readonly pattern: string | null;
  /** What it would be if everything unknown were empty. */
  readonly atLeast: string;
  /** The program gets the end of a pipe, not a file. */
  readonly pipe: boolean;
  /** What the reader sees. */
  readonly source: string;
}

/** An argument that is known. */
export function known(text: string): Argument {
  return { text, pattern: null, atLeast: text, pipe: false, source: text };
}

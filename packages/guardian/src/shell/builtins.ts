import type { Argument } from "./argument.ts";
import type { Folders } from "./walk.ts";

/** What builtins of the shell need of whoever looks at a line. */
interface BuiltinEffects {
  readonly unknown: (why: string) => void;
  readonly reads: (path: Argument) => void;
  /** Runs code, with what it is fed by. */
  readonly shell: (code: string) => void;
  /** Runs a program with these words. */
  readonly runs: (words: readonly Argument[]) => void;
  /** @returns the folders afterwards; null when they cannot be known */
  readonly changeFolder: (args: readonly Argument[]) => Folders;
}

type Builtin = (name: string, args: readonly Argument[], effects: BuiltinEffects) => Folders | undefined;

const changesState: Builtin = (name, _, { unknown }) => {
  unknown(`${name} changes what the commands behind it mean`);
  return undefined;
};

/** @param which the arguments that are code */
function runsCode(which: (args: readonly Argument[]) => readonly Argument[]): Builtin {
  return (name, args, { unknown, shell }) => {
    unknown(`${name} runs code that is put together before`);
    const code = which(args)
      .map(({ text, atLeast }) => text ?? atLeast)
      .join(" ");
    if (code !== "") shell(code);
    return undefined;
  };
}

const runsFile: Builtin = (name, [file], { unknown, reads }) => {
  unknown(`${name} runs code from a file`);
  if (file !== undefined) reads(file);
  return undefined;
};

const movesAbout: Builtin = (name, args, { unknown, changeFolder }) => {
  unknown(`${name} changes the folder in a way that is not followed`);
  return args.length === 1 ? changeFolder(args) : null;
};

/** Harmless with a number, or with nothing. */
const control: Builtin = (name, args, { unknown }) => {
  if (!args.every(({ text }) => text !== null && /^\d{1,3}$/.test(text)))
    unknown(`${name} is given what is not known`);
  return undefined;
};

const stateful =
  "alias unalias export declare typeset readonly local unset set shopt enable hash bind complete compopt read mapfile " +
  "readarray getopts let umask ulimit history fc dirs suspend disown logout caller type jobs fg bg";

/** The builtins of bash 5.2 that are more than programs (`bash(1)`, Shell Builtin Commands). */
const builtins: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
  ...stateful.split(" ").map((name) => [name, changesState] as const),
  ["cd", (_, args, { changeFolder }) => changeFolder(args)],
  ["pushd", movesAbout],
  ["popd", movesAbout],
  ["eval", runsCode((args) => args)],
  ["trap", runsCode((args) => args.slice(0, 1))],
  ["compgen", runsCode((args) => args.filter((_, at) => args[at - 1]?.text === "-C"))],
  ["source", runsFile],
  [".", runsFile],
  [
    "exec",
    (_, args, { unknown, runs }) => {
      unknown("exec changes where everything behind it goes");
      if (args.length > 0) runs(args);
      return undefined;
    },
  ],
  ...["exit", "return", "break", "continue", "wait"].map((name) => [name, control] as const),
]);

export function builtinOf(name: string): Builtin | null {
  return builtins.get(name) ?? null;
}

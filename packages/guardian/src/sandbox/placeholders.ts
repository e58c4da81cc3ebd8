import {
  type BigIntStats,
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmdirSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { z } from "zod";

/**
 * Names at the top of a folder that other programs of the user's run or obey as soon as they are there. While a
 * command runs that may write in the folder they are taken, so that it cannot be who makes them.
 */
const names: readonly (readonly [string, "file" | "folder"])[] = [
  [".git", "folder"],
  [".vscode", "folder"],
  [".claude", "folder"],
  [".npmrc", "file"],
  [".yarnrc.yml", "file"],
  [".pnpmfile.cjs", "file"],
];

/** Whether something looks like one of them: nothing is lost with it, and nothing was put there by it. */
export function isLikePlaceholder(name: string, stat: BigIntStats, isEmpty: () => boolean): boolean {
  const kind = stat.isDirectory() ? "folder" : stat.isFile() ? "file" : null;
  if (!names.some(([one, of]) => one === name && of === kind)) return false;
  const mode = Number(stat.mode & 0o777n);
  return kind === "file" ? stat.size === 0n && mode === 0o600 : mode === 0o700 && isEmpty();
}

export interface Placeholders {
  /**
   * Takes the names that are free in a folder.
   * @param folder absolute, without links
   * @returns the end of it
   */
  take(folder: string, which: { readonly git: boolean }): () => void;
}

const kept = z.object({ path: z.string(), kind: z.enum(["file", "folder"]), inode: z.string() });
type Placeholder = z.infer<typeof kept>;

/**
 * Empty files and folders, taken away again by the last command that needs them, unless somebody filled them.
 * @param journal a file that says which there are: who comes after a crash takes them away
 */
export function createPlaceholders(journal: string): Placeholders {
  const known = new Map<string, { readonly one: Placeholder; users: number }>();
  for (const one of leftIn(journal)) remove(one);
  rmSync(journal, { force: true });

  function write(): void {
    try {
      writeFileSync(journal, JSON.stringify([...known.values()].map(({ one }) => one)), { mode: 0o600 });
    } catch {
      // They are taken away all the same, only not after a crash.
    }
  }

  return {
    take(folder, { git }) {
      const mine: string[] = [];
      for (const [name, kind] of names) {
        if (name === ".git" && !git) continue;
        const path = `${folder === "/" ? "" : folder}/${name}`;
        const before = known.get(path);
        // Somebody may have taken it away meanwhile.
        const one = before !== undefined && isThere(before.one) ? before.one : make(path, kind);
        if (one === null) continue;
        known.set(path, { one, users: (before?.users ?? 0) + 1 });
        mine.push(path);
      }
      write();
      return () => {
        for (const path of mine.splice(0)) {
          const found = known.get(path);
          if (found === undefined) continue;
          found.users -= 1;
          if (found.users > 0) continue;
          known.delete(path);
          remove(found.one);
        }
        write();
      };
    },
  };
}

function leftIn(journal: string): readonly Placeholder[] {
  try {
    return z.array(kept).parse(JSON.parse(readFileSync(journal, "utf8")));
  } catch {
    // There is none, or it was being written when the computer stopped.
    return [];
  }
}

/** Null when the name is taken already, or cannot be. */
function make(path: string, kind: "file" | "folder"): Placeholder | null {
  try {
    if (kind === "folder") mkdirSync(path, { mode: 0o700 });
    else closeSync(openSync(path, "wx", 0o600));
    return { path, kind, inode: String(lstatSync(path, { bigint: true }).ino) };
  } catch {
    return null;
  }
}

function isThere({ path, inode }: Placeholder): boolean {
  return String(lstatSync(path, { bigint: true, throwIfNoEntry: false })?.ino) === inode;
}

function remove(one: Placeholder): void {
  try {
    if (!isThere(one)) return;
    if (one.kind === "folder") rmdirSync(one.path);
    else if (lstatSync(one.path).size === 0) unlinkSync(one.path);
  } catch {
    // Somebody filled it, or took it away.
  }
}

import { closeSync, lstatSync, mkdirSync, openSync, rmdirSync, unlinkSync } from "node:fs";
import type { HeldApart } from "./held-apart.ts";

/**
 * Names at the top of a folder that other programs of the user's run or obey as soon as they are there. While a
 * command runs that may write in the folder they are taken, so that it cannot be who makes them.
 */
const taken: readonly (readonly [string, "file" | "folder"])[] = [
  [".git", "folder"],
  [".vscode", "folder"],
  [".claude", "folder"],
  [".npmrc", "file"],
  [".yarnrc.yml", "file"],
  [".pnpmfile.cjs", "file"],
];

export interface Placeholders {
  /**
   * Takes the names that are free in a folder.
   * @param folder absolute, without links
   * @returns what is held apart now, and the end of it
   */
  take(folder: string, names: { readonly git: boolean }): { held: readonly HeldApart[]; giveBack(): void };
}

interface Taken {
  readonly held: HeldApart;
  readonly inode: bigint;
  users: number;
}

/** Empty files and folders, taken away again by the last command that needs them, unless somebody filled them. */
export function createPlaceholders(): Placeholders {
  const known = new Map<string, Taken>();
  return {
    take(folder, { git }) {
      const mine: Taken[] = [];
      for (const [name, kind] of taken) {
        if (name === ".git" && !git) continue;
        const path = `${folder === "/" ? "" : folder}/${name}`;
        const one = known.get(path) ?? make(path, kind);
        if (one === null) continue;
        one.users += 1;
        known.set(path, one);
        mine.push(one);
      }
      return {
        held: mine.map(({ held }) => held),
        giveBack() {
          for (const one of mine.splice(0)) {
            one.users -= 1;
            if (one.users > 0) continue;
            known.delete(one.held.path);
            remove(one);
          }
        },
      };
    },
  };
}

/** Null when the name is taken already, or cannot be. */
function make(path: string, kind: "file" | "folder"): Taken | null {
  try {
    if (kind === "folder") mkdirSync(path, { mode: 0o700 });
    else closeSync(openSync(path, "wx", 0o600));
    return { held: { path, kind, how: "kept" }, inode: lstatSync(path, { bigint: true }).ino, users: 0 };
  } catch {
    return null;
  }
}

function remove({ held: { path, kind }, inode }: Taken): void {
  try {
    const { ino, size } = lstatSync(path, { bigint: true });
    if (ino !== inode) return;
    if (kind === "folder") rmdirSync(path);
    else if (size === 0n) unlinkSync(path);
  } catch {
    // Somebody filled it, or took it away.
  }
}

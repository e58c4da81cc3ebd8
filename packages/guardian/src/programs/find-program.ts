import { resolvePath } from "../paths/resolve.ts";
import type { World } from "../world/world.ts";

/** What a word in the place of a program means. */
export interface Program {
  /** Its file, without links in its folder; of a builtin of the shell that has none, its name behind `shell:`. */
  readonly file: string;
  /** By which its profile is found. */
  readonly name: string;
  /** It lies where only the administrator of the system writes. */
  readonly trusted: boolean;
}

const builtins = new Set([
  ":",
  "true",
  "false",
  "echo",
  "printf",
  "pwd",
  "test",
  "[",
  "command",
  "builtin",
  "time",
]);

/**
 * Finds a program as Guardian's own search path has it, not that of a caller. The name counts with which it is called,
 * not a file to which that links: one file can be many programs.
 * @returns null when there is none
 */
export function findProgram(world: World, from: string, word: string): Program | null {
  if (word === "") return null;
  if (!word.includes("/")) {
    const folder = world.programFolders.find((one) => world.isProgram(`${one}/${word}`));
    if (folder !== undefined) return { file: `${folder}/${word}`, name: word, trusted: true };
    return builtins.has(word) ? { file: `shell:${word}`, name: word, trusted: true } : null;
  }
  const at = word.lastIndexOf("/");
  const name = word.slice(at + 1);
  const folder = resolvePath(world, from, at === 0 ? "/" : word.slice(0, at));
  if (folder === null || name === "" || name === "." || name === "..") return null;
  const trusted = world.programFolders.includes(folder.path);
  if (trusted) {
    const file = `${folder.path}/${name}`;
    return world.isProgram(file) ? { file, name, trusted } : null;
  }
  const place = resolvePath(world, from, word);
  return place === null ? null : { file: place.path, name, trusted };
}

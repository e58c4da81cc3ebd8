import { existsSync, readdirSync, readFileSync } from "node:fs";
import { lstat, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

/** What a release consisted of when it was built: each folder with its files and their sizes in bytes. */
const contents = z.record(z.string(), z.record(z.string(), z.number()));
type Contents = z.infer<typeof contents>;
const contentsFile = "contents.json";

/** Folders that are counted whenever OpenClaw is started: the fullest, where a loss is the likeliest to be. */
const fullest = 3;
export const folderCount = z.object({ folder: z.string(), entries: z.number() });
export type FolderCount = z.infer<typeof folderCount>;

/** Writes down what a new release in `root` consists of. @returns what a glance at it counts */
export async function noteContents(root: string): Promise<FolderCount[]> {
  const noted: Contents = {};
  const counts: FolderCount[] = [];
  const waiting = [""];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    const inside = await readdir(join(root, folder), { withFileTypes: true });
    counts.push({ folder, entries: inside.length });
    const below = (name: string): string => (folder === "" ? name : `${folder}/${name}`);
    waiting.push(...inside.filter((one) => one.isDirectory()).map(({ name }) => below(name)));
    const files = inside.filter((one) => !one.isDirectory()).map(({ name }) => name);
    const sizes = files.map(async (name) => [name, (await lstat(join(root, below(name)))).size] as const);
    noted[folder] = Object.fromEntries(await Promise.all(sizes));
  }
  await writeFile(join(root, contentsFile), JSON.stringify(noted));
  return counts.toSorted((a, b) => b.entries - a.entries).slice(0, fullest);
}

/** A glance, fit for every start: whether the program is there, of that version, and the fullest folders still full. */
export function looksWhole(root: string, version: string, counts: readonly FolderCount[]): boolean {
  const openclaw = join(root, "node_modules", "openclaw");
  try {
    const { version: found } = z
      .object({ version: z.string() })
      .parse(JSON.parse(readFileSync(join(openclaw, "package.json"), "utf8")));
    if (found !== version || !existsSync(join(openclaw, "openclaw.mjs"))) return false;
    return counts.every(({ folder, entries }) => readdirSync(join(root, folder)).length >= entries);
  } catch {
    return false;
  }
}

/**
 * A look at each of the 39 000 files, which takes seconds: whether it is there in its size. Not at its bytes, since what
 * happens to a release by itself (a deletion, a disk that was full) changes a size. A release of an older SmartClaw has
 * no list of its files, so that nobody can vouch for it.
 */
export async function isWhole(root: string): Promise<boolean> {
  let noted: Contents;
  try {
    noted = contents.parse(JSON.parse(await readFile(join(root, contentsFile), "utf8")));
  } catch {
    return false;
  }
  for (const [folder, files] of Object.entries(noted)) {
    const looks = Object.entries(files).map(async ([name, size]) => {
      const found = await lstat(join(root, folder, name)).catch(() => null);
      return found?.size === size;
    });
    if ((await Promise.all(looks)).includes(false)) return false;
  }
  return true;
}

import { chmodSync, lstatSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { entriesBelow } from "./entries-below.ts";

const writeBits = 0o222;
const ownersAll = 0o700;

/**
 * Takes the right to write from everything inside `root`, so that nothing spoils one file of a release by mistake. Not
 * from `root` itself, which could then not be moved into its place: see `lockFolder`.
 */
export function makeReadOnly(root: string, platform: string): void {
  for (const entry of entriesBelow(root)) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) lockFolder(path, platform);
    else if (entry.isFile()) chmodSync(path, lstatSync(path).mode & ~writeBits);
  }
}

/** Nothing can be added to `folder`, taken out of it, or moved with it. Windows has no such right of folders. */
export function lockFolder(folder: string, platform: string): void {
  if (platform !== "win32") chmodSync(folder, lstatSync(folder).mode & ~writeBits);
}

/** Gives the owner back what `lockFolder` took. What a link leads to belongs to somebody else. */
export function unlockFolder(folder: string, platform: string): void {
  const { mode, isFolder } = look(folder);
  if (isFolder && platform !== "win32") chmodSync(folder, mode | ownersAll);
}

/** Removes a folder that is read-only, or what is left of one. */
export async function removeReadOnly(path: string, platform: string): Promise<void> {
  const waiting = look(path).isFolder ? [path] : [];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    unlockFolder(folder, platform);
    for (const entry of await readdir(folder, { withFileTypes: true }))
      if (entry.isDirectory()) waiting.push(join(folder, entry.name));
  }
  await rm(path, { recursive: true, force: true, maxRetries: 5 });
}

function look(path: string): { mode: number; isFolder: boolean } {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return { mode: found?.mode ?? 0, isFolder: found?.isDirectory() === true };
}

import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Replaces `path` as a whole: whatever happens, it holds the old bytes or the new ones. @throws as node:fs */
export function writeDurably(path: string, bytes: Uint8Array, mode: number): void {
  const fresh = `${path}.new`;
  writeFileSync(fresh, bytes, { mode });
  moveDurably(fresh, path);
}

/** Gives a file that is written its name, on the same file system. @throws as node:fs */
export function moveDurably(from: string, to: string): void {
  // Windows flushes only what is open for writing.
  sync(from, "r+");
  renameSync(from, to);
  // Windows has no such call for folders and does not need it.
  if (process.platform !== "win32") sync(dirname(to), "r");
}

function sync(path: string, flags: "r" | "r+"): void {
  const descriptor = openSync(path, flags);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

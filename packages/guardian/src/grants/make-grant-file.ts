import { closeSync, existsSync, fsyncSync, linkSync, mkdirSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { guarded } from "./grant-file-faults.ts";
import { type Content, putNewContent } from "./grant-file.ts";

/**
 * Makes the file (mode 0600, its folder 0700), complete or not at all: a start that was cut short must not look like
 * damage. One that is there stays. @throws SmartClawError DISK_FULL, CONFLICT
 */
export function makeGrantFile(path: string, content: Content): void {
  const unfinished = `${path}.new-${process.pid}`;
  guarded(() => {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    rmSync(unfinished, { force: true });
    closeSync(openSync(unfinished, "wx", 0o600));
    try {
      const database = new DatabaseSync(unfinished);
      try {
        database.exec("PRAGMA synchronous = FULL; BEGIN IMMEDIATE");
        putNewContent(database, content);
        // Of those that open it at the same time, none has to change its form.
        database.exec("COMMIT; PRAGMA journal_mode = WAL");
      } finally {
        database.close();
      }
      publish(unfinished, path);
    } finally {
      rmSync(unfinished, { force: true });
    }
  });
  syncFolder(dirname(path));
}

/** Out of the way, with what belongs to it, for whoever wants to know what happened. @returns where it is now */
export function moveGrantFileAside(path: string, now: number): string {
  const aside = `${path}.damaged-${now}`;
  guarded(() => {
    for (const suffix of ["", "-wal", "-shm"])
      if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
  });
  return aside;
}

/** A second process that makes it at the same moment must not lose what it has already written. */
function publish(unfinished: string, path: string): void {
  if (existsSync(path)) return;
  // SQLite would take what another file left for a part of this one.
  for (const suffix of ["-wal", "-shm"]) rmSync(path + suffix, { force: true });
  try {
    linkSync(unfinished, path);
  } catch {
    if (existsSync(path)) return;
    // Some file systems know no second name for a file.
    renameSync(unfinished, path);
  }
}

/** Windows has no such call and does not need it. */
function syncFolder(path: string): void {
  if (process.platform === "win32") return;
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

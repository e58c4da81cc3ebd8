import { existsSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { Unsubscribe } from "@smartclaw/contracts";

/** Result codes of SQLite (https://sqlite.org/rescode.html). */
const sqliteBusy = 5;
const sqliteNotADatabase = 26;

/**
 * Holds `file` for the life of this process, or returns null when another process holds it.
 * SQLite's file lock is released by the operating system when the holder dies, however it dies, and taking it is
 * atomic. Nothing is written, so that a full disk does not matter.
 */
export function takeInstanceLock(file: string): Unsubscribe | null {
  try {
    return hold(file);
  } catch (error) {
    if (errcode(error) === sqliteBusy) return null;
    if (errcode(error) !== sqliteNotADatabase) throw error;
    // The file holds nothing; whoever wrote into it was not SmartClaw.
    rmSync(file);
    return hold(file);
  }
}

/** Whether a process holds `file`. */
export function isHeld(file: string): boolean {
  if (!existsSync(file)) return false;
  const release = takeInstanceLock(file);
  release?.();
  return release === null;
}

function hold(file: string): Unsubscribe {
  const database = new DatabaseSync(file);
  try {
    database.exec(
      "PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE",
    );
  } catch (error) {
    database.close();
    throw error;
  }
  return () => database.close();
}

function errcode(error: unknown): unknown {
  return (error as { errcode?: unknown }).errcode;
}

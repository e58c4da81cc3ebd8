import { DatabaseSync } from "node:sqlite";
import type { Unsubscribe } from "@smartclaw/contracts";

/**
 * Holds `file` for the life of this process, or returns null when another process holds it.
 * SQLite's file lock is released by the operating system when the holder dies, however it dies, and taking it is atomic.
 */
export function takeInstanceLock(file: string): Unsubscribe | null {
  const database = new DatabaseSync(file);
  try {
    database.exec("PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  } catch {
    database.close();
    return null;
  }
  return () => database.close();
}

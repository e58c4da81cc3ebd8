import { chmodSync, existsSync, renameSync } from "node:fs";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { type Log, SmartClawError } from "@smartclaw/contracts";

const schema = `
  CREATE TABLE entry (
    id INTEGER PRIMARY KEY, started_at INTEGER NOT NULL, ended_at INTEGER, door TEXT NOT NULL, process TEXT NOT NULL,
    host TEXT NOT NULL, port INTEGER NOT NULL, address TEXT, fingerprint TEXT,
    sent INTEGER NOT NULL DEFAULT 0, received INTEGER NOT NULL DEFAULT 0, reason TEXT NOT NULL, verdict TEXT NOT NULL
  ) STRICT;
  CREATE INDEX entry_by_time ON entry (started_at);
  PRAGMA user_version = 1;
`;

/** The ledger's SQLite file and the statements that are used for every connection. */
export interface LedgerFile {
  readonly database: DatabaseSync;
  readonly insert: StatementSync;
  readonly updateBytes: StatementSync;
  readonly updatePeer: StatementSync;
  readonly updateEnd: StatementSync;
  readonly byId: StatementSync;
  close(): void;
}

/** Opens or makes the file (mode 0600) and closes the rows that a crash left open. @throws what SQLite throws */
export function openLedgerFile(path: string, now: number): LedgerFile {
  try {
    return openWith(path, now, "NORMAL");
  } catch (error) {
    if (!isFullDisk(error)) throw error;
    // There is no room for the index that SQLite shares between processes; alone, it needs none.
    return openWith(path, now, "EXCLUSIVE");
  }
}

function openWith(path: string, now: number, locking: "NORMAL" | "EXCLUSIVE"): LedgerFile {
  const existed = existsSync(path);
  const database = new DatabaseSync(path);
  try {
    chmodSync(path, 0o600);
    database.exec(
      `PRAGMA locking_mode = ${locking}; PRAGMA busy_timeout = 1000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL`,
    );
    const { user_version: version } = database.prepare("PRAGMA user_version").get() as {
      user_version: number;
    };
    // Emptied by something else: that is said, and not passed over.
    if (version === 0 && existed) throw new Damage();
    if (version === 0) database.exec(`BEGIN IMMEDIATE; ${schema}; COMMIT`);
    try {
      // Reads every row, so that damage shows now.
      database
        .prepare(
          "UPDATE entry SET ended_at = ?, verdict = 'failed', reason = reason || ' (SmartClaw ended before it)' WHERE ended_at IS NULL",
        )
        .run(now);
    } catch (error) {
      if (!isFullDisk(error)) throw error;
    }
    return {
      database,
      insert: database.prepare(
        "INSERT INTO entry (started_at, ended_at, door, process, host, port, reason, verdict) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      ),
      updateBytes: database.prepare("UPDATE entry SET sent = ?, received = ? WHERE id = ?"),
      updatePeer: database.prepare("UPDATE entry SET address = ?, fingerprint = ? WHERE id = ?"),
      updateEnd: database.prepare(
        "UPDATE entry SET ended_at = ?, sent = ?, received = ?, reason = coalesce(?, reason), verdict = ? WHERE id = ?",
      ),
      byId: database.prepare("SELECT * FROM entry WHERE id = ?"),
      close: () => database.close(),
    };
  } catch (error) {
    database.close();
    // Its table is not there or is another one.
    throw primaryCode(error) === 1 ? new Damage() : error;
  }
}

/** Moves a damaged file out of the way, with what belongs to it. @returns where it is now */
export function moveAside(path: string, log: Log): string {
  const aside = `${path}.damaged-${Date.now()}`;
  for (const suffix of ["", "-wal", "-shm"])
    if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
  log.error(
    { path, aside },
    "the network ledger was damaged, so it was moved aside and a new one is begun; look into the old one with any SQLite program, or delete it",
  );
  return aside;
}

class Damage extends Error {}

/** Whether the file itself is at fault: not a database, torn, or without its table. */
export function isDamage(error: unknown): boolean {
  return error instanceof Damage || [11, 26].includes(primaryCode(error));
}

function isFullDisk(error: unknown): boolean {
  return [10, 13].includes(primaryCode(error));
}

/** SQLite's result codes, by number: https://www.sqlite.org/rescode.html */
function primaryCode(error: unknown): number {
  return ((error as { errcode?: number } | null)?.errcode ?? 0) & 0xff;
}

/** What stands in the way of having a ledger at all, for people. */
export function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (isFullDisk(error))
      throw new SmartClawError(
        "DISK_FULL",
        "SmartClaw cannot start, because its network ledger cannot be written: the disk is full or failing.",
        "Free some space and start it again.",
        { cause: error },
      );
    throw new SmartClawError(
      "STORAGE_CORRUPT",
      "SmartClaw cannot start, because its network ledger cannot be opened.",
      "Move ledger.sqlite in SmartClaw's folder away, or make it yours to write, and start it again.",
      { cause: error },
    );
  }
}

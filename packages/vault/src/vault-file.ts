import { closeSync, existsSync, fsyncSync, openSync, readSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { SmartClawError } from "@smartclaw/contracts";

const schema = `
  CREATE TABLE slot (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, parameters TEXT NOT NULL, wrapped BLOB NOT NULL,
    created_at INTEGER NOT NULL, last_used_at INTEGER
  ) STRICT;
  CREATE TABLE secret (
    id TEXT PRIMARY KEY, version INTEGER NOT NULL, sealed BLOB NOT NULL,
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, last_used_at INTEGER
  ) STRICT;
  CREATE TABLE manifest (only INTEGER PRIMARY KEY CHECK (only = 1), sealed BLOB NOT NULL) STRICT;
  PRAGMA user_version = 1;
`;
const everyTable = ["slot", "secret", "manifest"];
const firstBytes = Buffer.from("SQLite format 3\0", "latin1");

export interface SlotRow {
  id: string;
  kind: string;
  parameters: string;
  wrapped: Uint8Array;
  created_at: number;
  last_used_at: number | null;
}

interface SecretRow {
  id: string;
  version: number;
  sealed: Uint8Array;
  created_at: number;
  updated_at: number;
  last_used_at: number | null;
}

/** The vault's SQLite file. Knows rows, not what is in them. */
export interface VaultFile {
  slots(): SlotRow[];
  putSlot(row: SlotRow): void;
  removeSlot(id: string): void;
  secrets(): Omit<SecretRow, "sealed">[];
  secret(id: string): SecretRow | null;
  putSecret(row: SecretRow): void;
  removeSecret(id: string): void;
  manifest(): Uint8Array | null;
  putManifest(sealed: Uint8Array): void;
  touch(table: "slot" | "secret", id: string, at: number): void;
  /** All or nothing, on disk when it returns. @throws SmartClawError DISK_FULL, STORAGE_CORRUPT */
  transaction<T>(work: () => T): T;
  /**
   * Overwrites what deleted rows left in the write-ahead log. Never fails for want of space: what it follows is on disk
   * already and must not be reported as lost. The next one, or `close`, makes up for it.
   */
  scrub(): void;
  close(): void;
}

/**
 * Opens or, with `create`, makes the file (mode 0600).
 * Deleted content is overwritten (`secure_delete`); a transaction is on disk before it returns (`synchronous = FULL`).
 * A damaged file is left byte for byte as it is.
 * @throws SmartClawError STORAGE_CORRUPT, NOT_FOUND, DISK_FULL
 */
export function openVaultFile(path: string, options: { create: boolean }): VaultFile {
  if (options.create && !existsSync(path)) makeFile(path);
  if (!existsSync(path)) throw new SmartClawError("NOT_FOUND", "There is no vault yet.", "Set one up.");
  // SQLite would begin a new database in an empty file.
  if (!startsAsDatabase(path)) throw damaged();
  const database = openAsFarAsPossible(path);

  const all = <T>(sql: string, ...values: (string | number)[]): T[] =>
    guarded(() => database.prepare(sql).all(...values) as unknown as T[]);
  const run = (sql: string, ...values: (string | number | null | Uint8Array)[]): void =>
    guarded(() => void database.prepare(sql).run(...values));

  return {
    slots: () => all<SlotRow>("SELECT * FROM slot ORDER BY created_at, id"),
    putSlot: (row) =>
      run(
        "INSERT OR REPLACE INTO slot VALUES (?, ?, ?, ?, ?, ?)",
        row.id,
        row.kind,
        row.parameters,
        row.wrapped,
        row.created_at,
        row.last_used_at,
      ),
    removeSlot: (id) => run("DELETE FROM slot WHERE id = ?", id),
    secrets: () => all("SELECT id, version, created_at, updated_at, last_used_at FROM secret ORDER BY id"),
    secret: (id) => all<SecretRow>("SELECT * FROM secret WHERE id = ?", id)[0] ?? null,
    putSecret: (row) =>
      run(
        "INSERT OR REPLACE INTO secret VALUES (?, ?, ?, ?, ?, ?)",
        row.id,
        row.version,
        row.sealed,
        row.created_at,
        row.updated_at,
        row.last_used_at,
      ),
    removeSecret: (id) => run("DELETE FROM secret WHERE id = ?", id),
    manifest: () => all<{ sealed: Uint8Array }>("SELECT sealed FROM manifest")[0]?.sealed ?? null,
    putManifest: (sealed) => run("INSERT OR REPLACE INTO manifest VALUES (1, ?)", sealed),
    touch: (table, id, at) => run(`UPDATE ${table} SET last_used_at = ? WHERE id = ?`, at, id),
    transaction(work) {
      return guarded(() => {
        database.exec("BEGIN IMMEDIATE");
        try {
          const result = work();
          database.exec("COMMIT");
          return result;
        } catch (error) {
          if (database.isTransaction) database.exec("ROLLBACK");
          throw error;
        }
      });
    },
    scrub() {
      try {
        guarded(() => database.exec("PRAGMA wal_checkpoint(TRUNCATE)"));
      } catch (error) {
        if (!isDiskFull(error)) throw error;
      }
    },
    close: () => database.close(),
  };
}

/** Complete or not there at all: a start that was cut short must not look like a damaged vault. */
function makeFile(path: string): void {
  const unfinished = `${path}.new`;
  rmSync(unfinished, { force: true });
  closeSync(openSync(unfinished, "wx", 0o600));
  try {
    guarded(() => {
      const database = new DatabaseSync(unfinished);
      try {
        database.exec(`PRAGMA synchronous = FULL; BEGIN IMMEDIATE; ${schema}; COMMIT`);
      } finally {
        database.close();
      }
    });
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
  renameSync(unfinished, path);
  syncFolder(dirname(path));
}

/** Makes a rename in `path` durable. Windows has no such call and does not need it. */
function syncFolder(path: string): void {
  if (process.platform === "win32") return;
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function startsAsDatabase(path: string): boolean {
  const descriptor = openSync(path, "r");
  try {
    const start = Buffer.alloc(firstBytes.length);
    readSync(descriptor, start, 0, start.length, 0);
    return start.equals(firstBytes);
  } finally {
    closeSync(descriptor);
  }
}

/** On a full disk there is no room for the index that SQLite shares between processes; alone, it needs none. */
function openAsFarAsPossible(path: string): DatabaseSync {
  try {
    return openDatabase(path, "NORMAL");
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    return openDatabase(path, "EXCLUSIVE");
  }
}

function openDatabase(path: string, locking: "NORMAL" | "EXCLUSIVE"): DatabaseSync {
  return guarded(() => {
    const opened = new DatabaseSync(path);
    try {
      opened.exec(
        `PRAGMA locking_mode = ${locking}; PRAGMA secure_delete = ON; PRAGMA busy_timeout = 3000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL`,
      );
      const { user_version: version } = opened.prepare("PRAGMA user_version").get() as {
        user_version: number;
      };
      const check = opened.prepare("PRAGMA quick_check").get() as { quick_check: string };
      if (check.quick_check !== "ok" || version < 1) throw damaged();
      if (version > 1)
        throw new SmartClawError(
          "STORAGE_CORRUPT",
          "The vault file was made by a later SmartClaw and was left as it is.",
          "Update SmartClaw.",
        );
      const there = opened.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
      if (!everyTable.every((table) => there.some(({ name }) => name === table))) throw damaged();
      return opened;
    } catch (error) {
      opened.close();
      throw error;
    }
  });
}

/** SQLite's result codes, by number: https://www.sqlite.org/rescode.html */
function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const code = (error as { errcode?: number }).errcode;
    if (code === undefined) throw error;
    const primary = code & 0xff;
    if (primary === 13 || primary === 10)
      throw new SmartClawError(
        "DISK_FULL",
        "The vault could not be written: the disk is full or failing.",
        "Free some space and try again.",
        { cause: error },
      );
    if (primary === 11 || primary === 26) throw damaged();
    throw error;
  }
}

export function isDiskFull(error: unknown): boolean {
  return error instanceof SmartClawError && error.code === "DISK_FULL";
}

export function damaged(): SmartClawError {
  return new SmartClawError(
    "STORAGE_CORRUPT",
    "The vault file is damaged and was left as it is.",
    "Put back a copy of vault.sqlite from a backup, or move the file away to begin with an empty vault.",
  );
}

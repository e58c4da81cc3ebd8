import { chmodSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { SmartClawError } from "@smartclaw/contracts";
import { z } from "zod";
import { guarded } from "./grant-file-faults.ts";

const tables = `
  CREATE TABLE held (id TEXT PRIMARY KEY, value TEXT NOT NULL, seal BLOB NOT NULL) STRICT;
  CREATE TABLE state (only INTEGER PRIMARY KEY CHECK (only = 1), value TEXT NOT NULL, seal BLOB NOT NULL) STRICT;
  PRAGMA user_version = 1;
`;
const tablesQuery = "SELECT type, name, sql FROM sqlite_schema ORDER BY name";

const sealed = z.object({ value: z.string(), seal: z.instanceof(Uint8Array) });
const sealedGrant = sealed.extend({ id: z.string() });

interface Sealed {
  readonly value: string;
  readonly seal: Uint8Array;
}

interface SealedGrant extends Sealed {
  readonly id: string;
}

/** All that a file holds, as it stands there: whether it is to be believed is for others to say. */
export interface Content {
  readonly state: Sealed | null;
  readonly grants: readonly SealedGrant[];
}

interface Change {
  readonly state: Sealed;
  readonly put: readonly SealedGrant[];
  readonly remove: readonly string[];
}

/** The SQLite file of the grants. Knows rows, not what they mean. */
export interface GrantFile {
  /** Another one when another connection has changed something; cheap. @throws SmartClawError STORAGE_CORRUPT, CONFLICT */
  version(): number;
  /** Whether this is still the file that has its name. */
  isInPlace(): boolean;
  /** @throws SmartClawError STORAGE_CORRUPT, CONFLICT */
  read(): Content & { readonly version: number };
  /** All or nothing, and on the disk when it returns. @throws SmartClawError DISK_FULL, STORAGE_CORRUPT, CONFLICT */
  change<T>(work: (content: Content & { readonly version: number }) => Change & { readonly result: T }): T;
  /** Everything anew, tables and all. @throws SmartClawError as `change` does */
  replace(content: Content): void;
  /** Takes the seal off the state, so that it is believed no more. @throws SmartClawError as `change` does */
  unseal(): void;
  close(): void;
}

/**
 * Opens a file that is there (mode 0600).
 * @throws SmartClawError STORAGE_CORRUPT when it is gone or not what SmartClaw made, DISK_FULL, CONFLICT
 */
export function openGrantFile(path: string): GrantFile {
  const { dev, ino } = guarded(() => statSync(path));
  const database = openAsFarAsPossible(path);
  const versionQuery = database.prepare("PRAGMA data_version");
  const version = (): number => Number(versionQuery.get()?.["data_version"]);
  const expected = tablesOfNew();
  const read = () => {
    // Views and triggers would make something else of what is read and written.
    z.literal(expected).parse(JSON.stringify(database.prepare(tablesQuery).all()));
    const state = database.prepare("SELECT value, seal FROM state").get() ?? null;
    const grants = database.prepare("SELECT id, value, seal FROM held ORDER BY rowid").all();
    return {
      version: version(),
      state: sealed.nullable().parse(state),
      grants: z.array(sealedGrant).parse(grants),
    };
  };
  const transaction = <T>(begin: "BEGIN" | "BEGIN IMMEDIATE", work: () => T): T =>
    guarded(() => {
      database.exec(begin);
      try {
        const result = work();
        database.exec("COMMIT");
        return result;
      } finally {
        if (database.isTransaction) database.exec("ROLLBACK");
      }
    });

  return {
    version: () => guarded(version),
    isInPlace: () =>
      guarded(() => {
        const there = statSync(path, { throwIfNoEntry: false });
        return there?.ino === ino && there.dev === dev;
      }),
    read: () => transaction("BEGIN", read),
    change: (work) =>
      transaction("BEGIN IMMEDIATE", () => {
        const { state, put, remove, result } = work(read());
        for (const id of remove) database.prepare("DELETE FROM held WHERE id = ?").run(id);
        putContent(database, { state, grants: put });
        return result;
      }),
    replace: (content) =>
      transaction("BEGIN IMMEDIATE", () => {
        database.exec("DROP TABLE IF EXISTS held; DROP TABLE IF EXISTS state");
        putNewContent(database, content);
        read();
      }),
    unseal: () => transaction("BEGIN IMMEDIATE", () => database.exec("UPDATE state SET seal = x''")),
    close: () => database.close(),
  };
}

/** Makes the tables, too; within a transaction. */
export function putNewContent(database: DatabaseSync, content: Content): void {
  database.exec(tables);
  putContent(database, content);
}

function putContent(database: DatabaseSync, { state, grants }: Content): void {
  const put = database.prepare(
    "INSERT INTO held (id, value, seal) VALUES (?, ?, ?) " +
      "ON CONFLICT (id) DO UPDATE SET value = excluded.value, seal = excluded.seal",
  );
  for (const { id, value, seal } of grants) put.run(id, value, seal);
  if (state === null) return;
  database
    .prepare("INSERT OR REPLACE INTO state (only, value, seal) VALUES (1, ?, ?)")
    .run(state.value, state.seal);
}

function tablesOfNew(): string {
  const database = new DatabaseSync(":memory:");
  try {
    database.exec(tables);
    return JSON.stringify(database.prepare(tablesQuery).all());
  } finally {
    database.close();
  }
}

/** On a full disk there is no room for the index that SQLite shares between processes; alone, it needs none. */
function openAsFarAsPossible(path: string): DatabaseSync {
  try {
    return open(path, "NORMAL");
  } catch (error) {
    if (!(error instanceof SmartClawError) || error.code !== "DISK_FULL") throw error;
    return open(path, "EXCLUSIVE");
  }
}

function open(path: string, locking: "NORMAL" | "EXCLUSIVE"): DatabaseSync {
  return guarded(() => {
    chmodSync(path, 0o600);
    const database = new DatabaseSync(path, { timeout: 1000 });
    try {
      database.exec(`PRAGMA locking_mode = ${locking}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL`);
      const version = Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
      if (version > 1)
        throw new SmartClawError(
          "STORAGE_CORRUPT",
          "The file of the grants was made by a later SmartClaw.",
          "Update SmartClaw, or have the grants repaired, which begins a new file.",
        );
      const check = database.prepare("PRAGMA quick_check").get();
      z.literal("ok").parse(version === 1 ? check?.["quick_check"] : "not made by SmartClaw");
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

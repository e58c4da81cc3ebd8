import { chmodSync, closeSync, existsSync, mkdirSync, openSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Log, SmartClawError } from "@smartclaw/contracts";
import { z } from "zod";
import type { AuditHead, StoredRow } from "./entry.ts";
import { guarded, isDamage, isFullDisk, OtherFile } from "./storage-faults.ts";

/** The body is a BLOB, because the mac is over its bytes, and SQLite would give text that is not UTF-8 as other text. */
const table = `CREATE TABLE entry (
  seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, body BLOB NOT NULL, mac BLOB NOT NULL
) STRICT`;
/** Against mistakes of ours; whoever writes to the file without SmartClaw takes them away first. */
const triggerAgainst = (change: "UPDATE" | "DELETE" | "INSERT"): string => `
  CREATE TRIGGER IF NOT EXISTS no_${change.toLowerCase()} BEFORE ${change} ON entry
  ${change === "INSERT" ? "WHEN EXISTS (SELECT 1 FROM entry WHERE seq >= NEW.seq)" : ""}
  BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;`;
const triggers = (["UPDATE", "DELETE", "INSERT"] as const).map(triggerAgainst).join("");

/** From a file: an INTEGER of SQLite may be larger than a number holds exactly, and is not followed then. */
const integer = z.bigint().transform(Number).pipe(z.int());
const mac = z.instanceof(Uint8Array).transform((bytes) => Buffer.from(bytes).toString("hex"));
const stored = z.object({ seq: integer, at: integer, kind: z.string(), body: z.instanceof(Uint8Array), mac });
const end = z.object({ seq: integer.refine((seq) => seq < Number.MAX_SAFE_INTEGER), mac });

/** The log's SQLite file. Knows rows, and nothing of what seals them. */
export interface AuditFile {
  /** Null when there are no rows. @throws OtherFile when nothing can follow it */
  last(): AuditHead | null;
  /** The number of the oldest row; null when there are none. */
  first(): number | null;
  /** Null when there is no such row, or it is in a damaged part of the file. */
  row(seq: number): StoredRow | null;
  /**
   * Oldest first, as they are when they are read; one at a time, so that none waits for a reader. Null stands for a row
   * of another form. Faults are those of SQLite. @param after only those behind this one
   */
  rows(after?: number): Generator<StoredRow | null>;
  /** The newest of a kind; null as for `row`. */
  newest(kind: string): StoredRow | null;
  /** Newest first, without those of another form; up to a damaged part of the file, when there are rows before it. */
  page(before: number | null, limit: number): readonly StoredRow[];
  insert(row: StoredRow): void;
  /** Call in a transaction. */
  removeUpTo(seq: number): void;
  /** All or nothing, on disk when it returns; nobody else writes in between. @throws SmartClawError */
  transaction<T>(work: () => T): T;
  /** Safe to call twice. */
  close(): void;
}

/**
 * Opens or makes the file (mode 0600), and its folder (mode 0700) when there is none. A damaged file is moved aside, whole, and a new one
 * begun: what is kept elsewhere then tells which rows are not in it.
 * @throws SmartClawError DISK_FULL, STORAGE_CORRUPT, CONFLICT
 */
export function openAuditFile(path: string, log: Log): AuditFile {
  return guarded(() => {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    try {
      return openAsFarAsPossible(path);
    } catch (error) {
      if (!isDamage(error)) throw error;
      const aside = moveAside(path);
      log.error(
        { path, aside },
        "the audit log was damaged, so it was moved aside and goes on in a new file; look into the old one with any SQLite program",
      );
      return openAsFarAsPossible(path);
    }
  });
}

/** On a full disk there is no room for the index that SQLite shares between processes; alone, it needs none. */
function openAsFarAsPossible(path: string): AuditFile {
  try {
    return open(path, "NORMAL");
  } catch (error) {
    if (!isFullDisk(error)) throw error;
    return open(path, "EXCLUSIVE");
  }
}

function open(path: string, locking: "NORMAL" | "EXCLUSIVE"): AuditFile {
  makePrivate(path);
  const database = new DatabaseSync(path, { timeout: 1000 });
  try {
    database.exec(
      `PRAGMA locking_mode = ${locking}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; BEGIN IMMEDIATE`,
    );
    prepareTable(database);
    database.exec("COMMIT");
    const file = withStatements(database);
    file.last();
    return file;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** SQLite would make it readable for all, and opening one that is there would undo SQLite's locks on it. */
function makePrivate(path: string): void {
  try {
    closeSync(openSync(path, "wx", 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    chmodSync(path, 0o600);
  }
}

function prepareTable(database: DatabaseSync): void {
  const version = database.prepare("PRAGMA user_version").get()?.["user_version"];
  if (Number(version) > 1)
    throw new SmartClawError(
      "STORAGE_CORRUPT",
      "The audit log was made by a later SmartClaw and was left as it is.",
      "Update SmartClaw.",
    );
  const there = database.prepare("SELECT sql FROM sqlite_schema WHERE name = 'entry'").get();
  if (there === undefined) database.exec(`${table}; PRAGMA user_version = 1`);
  // Another table could show rows that nobody checks, or take none.
  else if (there["sql"] !== table) throw new OtherFile("the table is another one");
  database.exec(triggers);
}

function withStatements(database: DatabaseSync): AuditFile {
  const reading = (sql: string) => {
    const statement = database.prepare(sql);
    statement.setReadBigInts(true);
    return statement;
  };
  // By the row number that every table has once, so that no row can hide behind another one with its `seq`.
  const columns = "SELECT rowid AS number, seq, at, kind, body, mac FROM entry";
  const last = reading("SELECT seq, mac FROM entry ORDER BY seq DESC LIMIT 1");
  const first = reading("SELECT seq FROM entry ORDER BY seq LIMIT 1");
  const one = reading(`${columns} WHERE seq = ?`);
  const ofKind = reading(`${columns} WHERE kind = ? ORDER BY seq DESC LIMIT 1`);
  const following = reading(`${columns} WHERE rowid > ? ORDER BY rowid LIMIT 1`);
  const preceding = reading(`${columns} WHERE rowid < ? ORDER BY rowid DESC LIMIT 1`);
  const insert = database.prepare("INSERT INTO entry (seq, at, kind, body, mac) VALUES (?, ?, ?, ?, ?)");
  const remove = database.prepare("DELETE FROM entry WHERE seq <= ?");
  const [begin, commit] = [database.prepare("BEGIN IMMEDIATE"), database.prepare("COMMIT")];

  return {
    last() {
      const found = last.get();
      if (found === undefined) return null;
      const parsed = end.safeParse(found);
      if (parsed.success) return parsed.data;
      throw new OtherFile("nothing can follow the last row");
    },
    first: () => integer.safeParse(first.get()?.["seq"]).data ?? null,
    row: (seq) => readable(() => one.get(seq)),
    newest: (kind) => readable(() => ofKind.get(kind)),
    *rows(after) {
      let number = after === undefined ? -(2n ** 63n) : BigInt(after);
      for (;;) {
        const found = following.get(number);
        if (found === undefined) return;
        number = z.bigint().parse(found["number"]);
        yield stored.safeParse(found).data ?? null;
      }
    },
    page(before, limit) {
      const rows: StoredRow[] = [];
      let number = before === null ? 2n ** 63n - 1n : BigInt(before);
      try {
        // One at a time: what was read before a damaged part of the file is there to be given.
        for (let count = 0; count < limit; count++) {
          const found = preceding.get(number);
          if (found === undefined) break;
          number = z.bigint().parse(found["number"]);
          const row = stored.safeParse(found).data;
          if (row !== undefined) rows.push(row);
        }
      } catch (error) {
        if (!isDamage(error) || rows.length === 0) throw error;
      }
      return rows;
    },
    insert({ seq, at, kind, body, mac }) {
      insert.run(seq, at, kind, body, Buffer.from(mac, "hex"));
    },
    removeUpTo(seq) {
      database.exec("DROP TRIGGER IF EXISTS no_delete");
      remove.run(seq);
      database.exec(triggerAgainst("DELETE"));
    },
    transaction: (work) =>
      guarded(() => {
        begin.run();
        try {
          const result = work();
          commit.run();
          return result;
        } catch (error) {
          if (database.isTransaction) database.exec("ROLLBACK");
          throw error;
        }
      }),
    close() {
      if (database.isOpen) database.close();
    },
  };
}

/** What is in a damaged part of the file is not there. */
function readable(read: () => unknown): StoredRow | null {
  try {
    return stored.safeParse(read()).data ?? null;
  } catch (error) {
    if (isDamage(error)) return null;
    throw error;
  }
}

/** @returns where it is now */
function moveAside(path: string): string {
  let number = 1;
  while (existsSync(`${path}.damaged-${number}`)) number++;
  const aside = `${path}.damaged-${number}`;
  for (const suffix of ["", "-wal", "-shm"])
    if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
  return aside;
}

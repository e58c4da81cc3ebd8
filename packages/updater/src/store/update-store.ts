import { chmodSync, renameSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import {
  type Log,
  releaseVersion,
  SmartClawError,
  type UpdateRecord,
  updateRecord,
  updateSettings,
  updateStatus,
} from "@smartclaw/contracts";
import { z } from "zod";
import { acquaintance } from "../find/acquaintance.ts";
import { live, type Live, type Transaction, transaction } from "../transaction/transaction.ts";

/** What SmartClaw remembers of updates besides the journal and the history. */
const memory = z.object({
  settings: updateSettings.default({
    automatic: true,
    held: false,
    pinned: null,
    skipped: [],
    coolDownHours: 24,
  }),
  acquaintance: acquaintance.nullable().default(null),
  lastCheck: updateStatus.shape.lastCheck.default(null),
  /** The newest release that was offered, and the Node it needs as far as that was asked. */
  offer: z.object({ version: releaseVersion, node: z.string() }).nullable().default(null),
  /** The Node that would be fetched for that release. */
  runtime: acquaintance.nullable().default(null),
  /** What ran before the release that runs, with the state that it left. */
  previous: live.nullable().default(null),
});
type UpdateMemory = z.infer<typeof memory>;

/** Journal, history and memory in one file, so that the end of an update is one write. */
export interface UpdateStore {
  /** The update under way; null when there is none. */
  journal(): Transaction | null;
  /** Durable when it returns. @throws SmartClawError DISK_FULL */
  write(transaction: Transaction): void;
  /**
   * Empties the journal, adds its record to the history, and when that says that a new release is live, remembers the
   * one before: all or nothing. @throws SmartClawError DISK_FULL
   */
  end(record: UpdateRecord, left: Live): void;
  /** The newest first. */
  history(limit: number): readonly UpdateRecord[];
  memory(): UpdateMemory;
  /** @throws SmartClawError DISK_FULL */
  remember(change: Partial<UpdateMemory>): void;
  close(): void;
}

const schema = `
  CREATE TABLE IF NOT EXISTS journal (id INTEGER PRIMARY KEY CHECK (id = 1), value TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS history (number INTEGER PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS memory (id INTEGER PRIMARY KEY CHECK (id = 1), value TEXT NOT NULL) STRICT;
`;

/**
 * Opens the store (SQLite, mode 0600, durable at each commit) and locks it for this process: the lock goes with the
 * process, however that ends. A damaged file is moved aside; then the pointer to the live release is all that counts.
 * @throws SmartClawError CONFLICT when another process holds it
 */
export function openUpdateStore(deps: { readonly file: string; readonly log: Log }): UpdateStore {
  const database = openOrReplace(deps.file, deps.log);
  const readOne = <T>(table: "journal" | "memory", as: z.ZodType<T>): T | null => {
    const row = database.prepare(`SELECT value FROM ${table} WHERE id = 1`).get();
    const parsed = row === undefined ? null : as.safeParse(JSON.parse(String(row["value"])));
    if (parsed !== null && !parsed.success)
      deps.log.warn({ table }, "a row of the update store is of another form and is passed over");
    return parsed?.data ?? null;
  };
  const writeOne = (table: "journal" | "memory", value: unknown): void => {
    const text = JSON.stringify(value);
    guarded(() =>
      database
        .prepare(
          `INSERT INTO ${table} (id, value) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET value = excluded.value`,
        )
        .run(text),
    );
  };
  const currentMemory = (): UpdateMemory => readOne("memory", memory) ?? memory.parse({});

  return {
    journal: () => readOne("journal", transaction),
    write: (value) => writeOne("journal", value),
    end(record, left) {
      guarded(() => {
        database.exec("BEGIN IMMEDIATE");
        try {
          database.prepare("INSERT INTO history (value) VALUES (?)").run(JSON.stringify(record));
          if (record.outcome === "committed") writeOne("memory", { ...currentMemory(), previous: left });
          database.exec("DELETE FROM journal; COMMIT");
        } catch (error) {
          if (database.isTransaction) database.exec("ROLLBACK");
          throw error;
        }
      });
    },
    history: (limit) =>
      database
        .prepare("SELECT value FROM history ORDER BY number DESC LIMIT ?")
        .all(limit)
        .map((row) => updateRecord.safeParse(JSON.parse(String(row["value"]))))
        .flatMap((parsed) => (parsed.success ? [parsed.data] : [])),
    memory: currentMemory,
    remember: (change) => writeOne("memory", { ...currentMemory(), ...change }),
    close: () => database.close(),
  };
}

function openOrReplace(file: string, log: Log): DatabaseSync {
  try {
    return open(file);
  } catch (error) {
    if (resultCode(error) === busy)
      throw new SmartClawError(
        "CONFLICT",
        "Another SmartClaw uses this folder's update store.",
        "Stop the other one first.",
        { cause: error },
      );
    if (![corrupt, notADatabase].includes(resultCode(error))) throw error;
    const aside = `${file}.damaged`;
    renameSync(file, aside);
    for (const rest of ["-wal", "-shm"]) rmSync(`${file}${rest}`, { force: true });
    log.error(
      { aside },
      "the update store was damaged; the live release goes on and the history begins anew",
    );
    return open(file);
  }
}

function open(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    chmodSync(file, 0o600);
    // Without a shared-memory file, and locked from the first write until the process ends.
    database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    database.exec(`BEGIN IMMEDIATE; ${schema} COMMIT`);
    const check = database.prepare("PRAGMA quick_check").get();
    if (check?.["quick_check"] !== "ok") throw Object.assign(new Error("damaged"), { errcode: corrupt });
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** https://sqlite.org/rescode.html; the lower byte of an extended code. */
const [busy, ioError, corrupt, full, notADatabase] = [5, 10, 11, 13, 26];

function resultCode(error: unknown): number {
  return ((error as { errcode?: number }).errcode ?? 0) & 0xff;
}

function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (![full, ioError].includes(resultCode(error))) throw error;
    throw new SmartClawError(
      "DISK_FULL",
      "The disk is full, so the update could not go on.",
      "Free some space; it is tried again by itself.",
      { cause: error },
    );
  }
}

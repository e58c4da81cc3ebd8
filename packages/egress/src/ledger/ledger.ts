import { existsSync, renameSync, chmodSync } from "node:fs";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import {
  type Clock,
  type LedgerEntry,
  type LedgerFilter,
  type LedgerTicket,
  type LedgerWriter,
  type Log,
  SmartClawError,
  type Unsubscribe,
} from "@smartclaw/contracts";
import { exportEntries } from "./export.ts";

const schema = `
  CREATE TABLE entry (
    id INTEGER PRIMARY KEY, started_at INTEGER NOT NULL, ended_at INTEGER, door TEXT NOT NULL, process TEXT NOT NULL,
    host TEXT NOT NULL, port INTEGER NOT NULL, address TEXT, fingerprint TEXT,
    sent INTEGER NOT NULL DEFAULT 0, received INTEGER NOT NULL DEFAULT 0, reason TEXT NOT NULL, verdict TEXT NOT NULL
  ) STRICT;
  CREATE INDEX entry_by_time ON entry (started_at);
  PRAGMA user_version = 1;
`;
/** Byte counts of open connections are written this often, not for every packet. */
const flushEveryMs = 1_000;
const dayMs = 86_400_000;
const exportLimit = 100_000;

/** Every connection that anything of SmartClaw opened or was refused. */
export interface Ledger extends LedgerWriter {
  list(query: LedgerFilter & { before?: number | undefined; limit: number }): {
    entries: LedgerEntry[];
    total: number;
  };
  export(query: LedgerFilter & { format: "csv" | "json" }): { name: string; type: string; text: string };
  /** Rows as they are opened and again as they end. */
  watch(listener: (entry: LedgerEntry) => void): Unsubscribe;
  /** Removes what is older than the user keeps. */
  prune(): void;
  close(): void;
}

interface Row {
  id: number;
  started_at: number;
  ended_at: number | null;
  door: LedgerEntry["door"];
  process: string;
  host: string;
  port: number;
  address: string | null;
  fingerprint: string | null;
  sent: number;
  received: number;
  reason: string;
  verdict: LedgerEntry["verdict"];
}

/**
 * Opens the ledger (SQLite, mode 0600). `begin` has written its row before it returns and throws when it cannot, so
 * that no connection is opened that is not in the ledger. Rows that a crash left open are closed.
 * A damaged file is moved aside and a new one begun; the first row says so.
 */
export function createLedger(deps: {
  file: string;
  clock: Clock;
  retentionDays: () => number;
  log: Log;
}): Ledger {
  const { clock } = deps;
  const { database, aside } = openDatabase(deps.file, deps.log);
  const listeners = new Set<(entry: LedgerEntry) => void>();
  const dirty = new Map<number, { sent: number; received: number }>();
  let timer: NodeJS.Timeout | null = null;

  const insert = database.prepare(
    "INSERT INTO entry (started_at, ended_at, door, process, host, port, reason, verdict) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
  );
  const updateBytes = database.prepare("UPDATE entry SET sent = ?, received = ? WHERE id = ?");
  const updatePeer = database.prepare("UPDATE entry SET address = ?, fingerprint = ? WHERE id = ?");
  const updateEnd = database.prepare(
    "UPDATE entry SET ended_at = ?, sent = ?, received = ?, reason = coalesce(?, reason), verdict = ? WHERE id = ?",
  );
  const byId = database.prepare("SELECT * FROM entry WHERE id = ?");
  database
    .prepare(
      "UPDATE entry SET ended_at = ?, verdict = 'failed', reason = reason || ' (SmartClaw ended before it)' WHERE ended_at IS NULL",
    )
    .run(clock.now());

  const announce = (id: number): void => {
    if (listeners.size === 0) return;
    const entry = entryOf(byId.get(id) as unknown as Row);
    for (const listener of listeners) listener(entry);
  };
  const flush = (): void => {
    timer = null;
    for (const [id, { sent, received }] of dirty) updateBytes.run(sent, received, id);
    dirty.clear();
  };
  const add = (
    entry: Parameters<LedgerWriter["begin"]>[0],
    verdict: LedgerEntry["verdict"],
    ended: boolean,
  ): number => {
    const now = clock.now();
    try {
      const { door, process, host, port, reason } = entry;
      const result = insert.run(now, ended ? now : null, door, process, host, port, reason, verdict);
      const id = Number(result.lastInsertRowid);
      announce(id);
      return id;
    } catch (error) {
      throw new SmartClawError(
        "DISK_FULL",
        "The connection was not opened, because the network ledger cannot be written.",
        "Free some space on the disk and try again.",
        { cause: error },
      );
    }
  };

  if (aside !== null) {
    const reason = `the earlier ledger was damaged and is kept as ${aside}`;
    add(
      { door: "smartclaw", process: "smartclaw-daemon", host: "localhost", port: 1, reason },
      "failed",
      true,
    );
  }

  return {
    begin(entry) {
      const id = add(entry, "allowed", false);
      const bytes = { sent: 0, received: 0 };
      let open = true;
      const finish = (verdict: LedgerEntry["verdict"], reason: string | null): void => {
        if (!open) return;
        open = false;
        dirty.delete(id);
        try {
          updateEnd.run(clock.now(), bytes.sent, bytes.received, reason, verdict, id);
          announce(id);
        } catch {
          deps.log.warn({ id }, "the end of a connection could not be written to the ledger");
        }
      };
      return {
        connected: (peer) => {
          if (open) updatePeer.run(peer.address, peer.fingerprint, id);
        },
        count(more) {
          if (!open) return;
          bytes.sent += more.sent ?? 0;
          bytes.received += more.received ?? 0;
          dirty.set(id, bytes);
          timer ??= setTimeout(flush, flushEveryMs).unref();
        },
        end: () => finish("allowed", null),
        fail: (reason) => finish("failed", reason),
      } satisfies LedgerTicket;
    },
    refuse: (entry) => void add(entry, "refused", true),
    list({ before, limit, ...filter }) {
      const { where, values } = conditions(filter);
      const total = database.prepare(`SELECT count(*) AS n FROM entry ${where}`).get(...values) as {
        n: number;
      };
      const page = conditions(filter, before);
      const rows = database
        .prepare(`SELECT * FROM entry ${page.where} ORDER BY id DESC LIMIT ?`)
        .all(...page.values, limit);
      return { entries: (rows as unknown as Row[]).map(entryOf), total: total.n };
    },
    export({ format, ...filter }) {
      const { where, values } = conditions(filter);
      const rows = database
        .prepare(`SELECT * FROM entry ${where} ORDER BY id LIMIT ?`)
        .all(...values, exportLimit);
      return exportEntries((rows as unknown as Row[]).map(entryOf), format, clock.now());
    },
    watch(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    prune() {
      database
        .prepare("DELETE FROM entry WHERE started_at < ?")
        .run(clock.now() - deps.retentionDays() * dayMs);
    },
    close() {
      if (timer !== null) clearTimeout(timer);
      flush();
      database.close();
    },
  };
}

function openDatabase(path: string, log: Log): { database: DatabaseSync; aside: string | null } {
  const existed = existsSync(path);
  const open = (): DatabaseSync => {
    const database = new DatabaseSync(path);
    try {
      chmodSync(path, 0o600);
      database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 1000");
      const { user_version: version } = database.prepare("PRAGMA user_version").get() as {
        user_version: number;
      };
      if (version === 0) database.exec(schema);
      database.prepare("SELECT * FROM entry LIMIT 1").all();
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  };
  try {
    return { database: open(), aside: null };
  } catch (error) {
    if (!existed) throw error;
    const aside = `${path}.damaged-${Date.now()}`;
    for (const suffix of ["", "-wal", "-shm"])
      if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
    log.error({ path, aside }, "the network ledger was damaged and moved aside");
    return { database: open(), aside };
  }
}

function conditions(filter: LedgerFilter, before?: number): { where: string; values: SQLInputValue[] } {
  const parts: string[] = [];
  const values: SQLInputValue[] = [];
  const add = (sql: string, ...more: SQLInputValue[]): void => {
    parts.push(sql);
    values.push(...more);
  };
  if (filter.text !== undefined && filter.text !== "") {
    const pattern = `%${filter.text.replace(/[\\%_]/g, "\\$&")}%`;
    add(
      String.raw`(host LIKE ? ESCAPE '\' OR process LIKE ? ESCAPE '\' OR reason LIKE ? ESCAPE '\')`,
      pattern,
      pattern,
      pattern,
    );
  }
  if (filter.verdict !== undefined) add("verdict = ?", filter.verdict);
  if (filter.door !== undefined) add("door = ?", filter.door);
  if (filter.since !== undefined) add("started_at >= ?", filter.since);
  if (filter.until !== undefined) add("started_at < ?", filter.until);
  if (before !== undefined) add("id < ?", before);
  return { where: parts.length === 0 ? "" : `WHERE ${parts.join(" AND ")}`, values };
}

function entryOf(row: Row): LedgerEntry {
  return {
    id: row.id,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    door: row.door,
    process: row.process,
    host: row.host,
    port: row.port,
    address: row.address,
    peerFingerprint: row.fingerprint,
    bytesSent: row.sent,
    bytesReceived: row.received,
    reason: row.reason,
    verdict: row.verdict,
  };
}

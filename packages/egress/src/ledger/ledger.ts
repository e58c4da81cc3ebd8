import type { SQLInputValue } from "node:sqlite";
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
import { guarded, isDamage, type LedgerFile, moveAside, openLedgerFile } from "./ledger-file.ts";

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
 * A damaged file is moved aside and a new one begun, also when the damage shows only later; the first row says so.
 * A full disk is no damage: what is there stays readable, and nothing is let out until there is space.
 * @throws SmartClawError DISK_FULL, STORAGE_CORRUPT when there can be no ledger at all
 */
export function createLedger(deps: {
  file: string;
  clock: Clock;
  retentionDays: () => number;
  log: Log;
}): Ledger {
  const { clock, log } = deps;
  const listeners = new Set<(entry: LedgerEntry) => void>();
  const dirty = new Map<number, { sent: number; received: number }>();
  let timer: NodeJS.Timeout | null = null;

  const replace = (): LedgerFile => {
    const aside = moveAside(deps.file, log);
    const begun = openLedgerFile(deps.file, clock.now());
    const [door, process, host, reason] = [
      "smartclaw",
      "smartclaw-daemon",
      "localhost",
      `the earlier ledger was damaged and is kept as ${aside}`,
    ];
    begun.insert.run(clock.now(), clock.now(), door, process, host, 1, reason, "failed");
    return begun;
  };
  const first = (): LedgerFile => {
    try {
      return openLedgerFile(deps.file, clock.now());
    } catch (error) {
      if (!isDamage(error)) throw error;
      return replace();
    }
  };
  /** Carries `work` out, on a new file when this one turns out to be damaged. */
  const on = <T>(work: (file: LedgerFile) => T): T => {
    try {
      return work(file);
    } catch (error) {
      if (!isDamage(error)) throw error;
      file.close();
      dirty.clear();
      file = replace();
      return work(file);
    }
  };
  /** For what is worth less than the connection that it belongs to. */
  const attempt = (work: () => void, what: string): void => {
    try {
      work();
    } catch (error) {
      log.warn({ error: String(error) }, what);
    }
  };
  let file = guarded(first);

  const announce = (id: number): void => {
    if (listeners.size === 0) return;
    const row = file.byId.get(id);
    if (row === undefined) return;
    for (const listener of listeners) listener(entryOf(row as unknown as Row));
  };
  const flush = (): void => {
    timer = null;
    attempt(() => {
      for (const [id, { sent, received }] of dirty) file.updateBytes.run(sent, received, id);
      dirty.clear();
    }, "byte counts could not be written to the ledger");
  };
  const add = (
    entry: Parameters<LedgerWriter["begin"]>[0],
    verdict: LedgerEntry["verdict"],
    ended: boolean,
  ): number => {
    const now = clock.now();
    const { door, process, host, port, reason } = entry;
    let id: number;
    try {
      const values = [now, ended ? now : null, door, process, host, port, reason, verdict];
      id = Number(on(({ insert }) => insert.run(...values)).lastInsertRowid);
    } catch (error) {
      throw new SmartClawError(
        "DISK_FULL",
        "The connection was not opened, because the network ledger cannot be written.",
        "Free some space on the disk and try again.",
        { cause: error },
      );
    }
    attempt(() => announce(id), "a new row of the ledger could not be announced");
    return id;
  };

  return {
    begin(entry) {
      const id = add(entry, "allowed", false);
      const from = file;
      const bytes = { sent: 0, received: 0 };
      let open = true;
      // In a file that was begun since, the number belongs to another connection.
      const writable = (): boolean => open && from === file;
      const finish = (verdict: LedgerEntry["verdict"], reason: string | null): void => {
        if (!writable()) return;
        open = false;
        dirty.delete(id);
        attempt(() => {
          file.updateEnd.run(clock.now(), bytes.sent, bytes.received, reason, verdict, id);
          announce(id);
        }, "the end of a connection could not be written to the ledger");
      };
      return {
        connected(peer) {
          if (!writable()) return;
          attempt(
            () => void file.updatePeer.run(peer.address, peer.fingerprint, id),
            "the other end of a connection could not be written to the ledger",
          );
        },
        count(more) {
          if (!writable()) return;
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
      return on(({ database }) => {
        const { where, values } = conditions(filter);
        const total = database.prepare(`SELECT count(*) AS n FROM entry ${where}`).get(...values) as {
          n: number;
        };
        const page = conditions(filter, before);
        const rows = database
          .prepare(`SELECT * FROM entry ${page.where} ORDER BY id DESC LIMIT ?`)
          .all(...page.values, limit);
        return { entries: (rows as unknown as Row[]).map(entryOf), total: total.n };
      });
    },
    export({ format, ...filter }) {
      return on(({ database }) => {
        const { where, values } = conditions(filter);
        const rows = database
          .prepare(`SELECT * FROM entry ${where} ORDER BY id LIMIT ?`)
          .all(...values, exportLimit);
        return exportEntries((rows as unknown as Row[]).map(entryOf), format, clock.now());
      });
    },
    watch(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    prune() {
      const oldest = clock.now() - deps.retentionDays() * dayMs;
      attempt(
        () =>
          void on(({ database }) => database.prepare("DELETE FROM entry WHERE started_at < ?").run(oldest)),
        "old rows could not be removed from the ledger",
      );
    },
    close() {
      if (timer !== null) clearTimeout(timer);
      flush();
      file.close();
    },
  };
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

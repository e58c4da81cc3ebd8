import { type Clock, type Log, SmartClawError } from "@smartclaw/contracts";
import { openAuditFile } from "./audit-file.ts";
import { baseOf } from "./base.ts";
import { type AuditVerdict, broken } from "./chain-check.ts";
import {
  type AuditEntry,
  type AuditHead,
  type AuditRow,
  cutOf,
  later,
  readableRow,
  type StoredRow,
} from "./entry.ts";
import { exportLines } from "./export-lines.ts";
import { createHeadKeeper, type HeadPlace, rowsPerHead } from "./head-keeper.ts";
import { oldRows, type Room } from "./old-rows.ts";
import { readTrail, startOfLast } from "./read-trail.ts";
import { createSeals, emptyHead, sameMac } from "./seals.ts";
import { guarded, guardedAsync } from "./storage-faults.ts";
import { verifyRows } from "./verify-rows.ts";

/** In bytes of JSON in UTF-8. */
const largestBody = 65_536;

/**
 * What Guardian intended and did: rows that are only ever added, each sealed together with the one before. Only `prune`
 * takes old ones away, and says so in a row.
 */
export interface AuditLog {
  /**
   * On disk when it returns. When it throws, nothing was appended, and the chain goes on whole afterwards.
   * @throws SmartClawError DISK_FULL, STORAGE_CORRUPT, CONFLICT when another program holds the file for a second,
   * TOO_LARGE for a body of more than 64 KiB
   */
  append(entry: AuditEntry): AuditRow;
  /**
   * Newest first. Rows that this release cannot read are passed over; whether a row is genuine, only `verify` tells.
   * @param where.limit at least 1
   * @throws SmartClawError STORAGE_CORRUPT when the newest of them is in a damaged part of the file
   */
  page(where: { readonly before: number | null; readonly limit: number }): readonly AuditRow[];
  /**
   * Reads every row, and holds them against what is kept elsewhere. Tells of the first break only. Meanwhile rows may be
   * appended. @throws SmartClawError STORAGE_CORRUPT, CONFLICT
   */
  verify(): Promise<AuditVerdict>;
  /**
   * Rows that are certainly as they were written, none left out, the oldest first; null when they are not.
   * @param after what was read before; null for the last `most` rows
   */
  trail(
    after: AuditHead | null,
    most: number,
  ): Promise<{ readonly rows: readonly AuditRow[]; readonly head: AuditHead } | null>;
  /**
   * Takes away some of the oldest rows when there are too many; not while they are read.
   * @returns whether there may be more to go @throws SmartClawError DISK_FULL, STORAGE_CORRUPT, CONFLICT
   */
  prune(): boolean;
  /**
   * JSON lines without their ends, read as they are asked for: the format, the rows from the oldest, the head.
   * Meanwhile rows may be appended. @throws SmartClawError STORAGE_CORRUPT where the file cannot be read further
   */
  exportLines(): Iterable<string>;
  /** What the next row follows. */
  head(): AuditHead;
  /** Copies the head elsewhere when rows were appended since. Safe to call twice. */
  close(): void;
}

interface AuditDeps extends HeadPlace, Room {
  readonly file: string;
  /** 32 bytes, for nothing else. */
  readonly key: Uint8Array;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Opens or makes the log. One that is not as it was written is told of in `log` and goes on: nothing is thrown away,
 * and what follows is chained so that the break stays to be seen.
 * @throws SmartClawError DISK_FULL, STORAGE_CORRUPT, CONFLICT; whatever `keptHead` throws
 */
export function openAuditLog({ file: path, key, clock, log, mostRows, ...place }: AuditDeps): AuditLog {
  const room = mostRows === undefined ? {} : { mostRows };
  const seals = createSeals(key);
  const kept = place.keptHead();
  const keeper = createHeadKeeper(place, kept?.seq ?? 0, log);
  /** What the next row follows, as far as is known here: kept elsewhere, found when the log was opened, or appended. */
  let known = kept ?? emptyHead;
  /** How many read the rows one after the other, for whom none must go. */
  let readers = 0;
  const file = openAuditFile(path, log);

  try {
    lookAtEnd();
  } catch (error) {
    file.close();
    throw error;
  }

  function lookAtEnd(): void {
    const { head, lacks, fits } = guarded(() => {
      const found = end();
      return { ...found, fits: lastRowFits(found.head.seq) };
    });
    if (lacks || !fits)
      log.error(
        { path, row: head.seq },
        "the audit log is not as it was written; new rows follow what is there",
      );
    if (headIsGone(head.seq))
      log.error(
        { path, row: head.seq },
        "the copy of the audit log's end is gone, so a cut before this would not show",
      );
    known = head;
  }

  /**
   * What the next row follows. When the file lacks what was written, that is not its own last row: going on from there
   * would mend the chain, and with the next copy of the head nobody could tell any more.
   */
  function end(): { readonly head: AuditHead; readonly lacks: boolean } {
    const last = file.last() ?? emptyHead;
    const there = last.seq === known.seq ? last : last.seq < known.seq ? null : file.row(known.seq);
    const lacks = known.seq > 0 && there?.mac !== known.mac && !(there === null && wasCut(known.seq));
    return { head: lacks ? { seq: Math.max(last.seq, known.seq), mac: known.mac } : last, lacks };
  }

  /** Whether another process took a row away, as it may. */
  function wasCut(seq: number): boolean {
    const row = file.newest("cut");
    const after = row === null ? null : cutOf(row);
    if (row === null || after === null || after.seq < seq) return false;
    const before = row.seq - 1 === after.seq ? after : file.row(row.seq - 1);
    return before !== null && sameMac(seals.row(row, before.mac), row.mac);
  }

  /** Call in a transaction. */
  function insert(kind: AuditEntry["kind"], at: number, bytes: Uint8Array, head: AuditHead): StoredRow {
    const unsealed = { seq: head.seq + 1, at, kind, body: bytes };
    const row = { ...unsealed, mac: seals.row(unsealed, head.mac) };
    file.insert(row);
    return row;
  }

  async function reading<T>(work: () => Promise<T>): Promise<T> {
    readers += 1;
    try {
      return await work();
    } finally {
      readers -= 1;
    }
  }

  /** Asked after the rows were read: another process may just have written the first that have a head. */
  function headIsGone(rows: number): boolean {
    return rows >= rowsPerHead && place.keptHead() === null;
  }

  function lastRowFits(seq: number): boolean {
    if (seq === 0) return true;
    const [row, before] = [file.row(seq), seq === 1 ? emptyHead : file.row(seq - 1)];
    return row !== null && before !== null && sameMac(seals.row(row, before.mac), row.mac);
  }

  return {
    append({ kind, body }) {
      const bytes = encode(body);
      const at = clock.now();
      const row = file.transaction((): StoredRow => {
        const { head, lacks } = end();
        if (lacks)
          log.error(
            { path, row: head.seq },
            "rows of the audit log are gone or replaced; it goes on after them",
          );
        return insert(kind, at, bytes, head);
      });
      known = { seq: row.seq, mac: row.mac };
      const appended: AuditRow = { ...known, at, kind, body };
      keeper.appended(appended);
      return appended;
    },
    page: ({ before, limit }) =>
      guarded(() => file.page(before, limit)).flatMap((stored) => {
        const row = readableRow(stored);
        if (row === null)
          log.warn({ row: stored.seq }, "a row of the audit log is of another form and is passed over");
        return row ?? [];
      }),
    verify: () =>
      reading(async () => {
        // Before the rows: what another process keeps meanwhile may be of a row that comes after the last one read here.
        const kept = place.keptHead();
        const verdict = await guardedAsync(() => verifyRows(file, seals, { kept, known }));
        if (verdict.state === "broken") return verdict;
        const last = guarded(() => end().head.seq);
        return headIsGone(last)
          ? broken(
              "no-head",
              last,
              "The copy of the log's end is gone, so rows that were cut off would not show.",
            )
          : verdict;
      }),
    trail: (after, most) =>
      reading(async () => {
        const head = later(place.keptHead() ?? emptyHead, known);
        const start = after ?? startOfLast(file, head, most);
        const rows = start === null ? null : await guardedAsync(() => readTrail(file, seals, start, head));
        return rows === null ? null : { rows, head };
      }),
    prune() {
      const kept = place.keptHead();
      if (readers > 0 || kept === null) return false;
      const now = clock.now();
      const cut = file.transaction(() => {
        const { head, lacks } = end();
        const from = { base: baseOf(file), kept: kept.seq, last: head.seq, now, ...room };
        const after = lacks ? null : oldRows(file, seals, from);
        if (after === null) return null;
        const row = insert("cut", now, encode({ after }), head);
        file.removeUpTo(after.seq);
        return row;
      });
      if (cut === null) return false;
      known = { seq: cut.seq, mac: cut.mac };
      keeper.appended({ ...known, at: now, kind: "cut", body: {} });
      return true;
    },
    *exportLines() {
      const kept = place.keptHead() ?? emptyHead;
      readers += 1;
      try {
        yield* exportLines(file, seals, () => later(kept, known));
      } finally {
        readers -= 1;
      }
    },
    head: () => guarded(() => end().head),
    close() {
      keeper.flush();
      file.close();
    },
  };
}

/** @throws SmartClawError TOO_LARGE */
function encode(body: AuditEntry["body"]): Uint8Array {
  const bytes = Buffer.from(JSON.stringify(body));
  if (bytes.length <= largestBody) return bytes;
  throw new SmartClawError(
    "TOO_LARGE",
    `An entry of the audit log would be ${bytes.length} bytes long, and ${largestBody} are the most.`,
    "Give the command in smaller parts, or put long texts into a file.",
  );
}

import { setImmediate as others } from "node:timers/promises";
import type { AuditFile } from "./audit-file.ts";
import { baseOf } from "./base.ts";
import { createChainCheck } from "./chain-check.ts";
import { type AuditHead, type AuditRow, readableRow } from "./entry.ts";
import type { Seals } from "./seals.ts";

const rowsInSlice = 500;

/** Where the last `most` rows begin; null where that is not to be found out. */
export function startOfLast(file: AuditFile, end: AuditHead, most: number): AuditHead | null {
  const base = baseOf(file);
  const before = end.seq - most;
  if (before <= base.seq) return base;
  const row = file.row(before);
  return row === null ? null : { seq: row.seq, mac: row.mac };
}

/**
 * The rows behind one up to another, of which each is as SmartClaw wrote it and none is left out; null when they are not.
 * Those of other releases are passed over.
 */
export async function readTrail(
  file: AuditFile,
  seals: Seals,
  start: AuditHead,
  end: AuditHead,
): Promise<readonly AuditRow[] | null> {
  const check = createChainCheck(seals, start);
  const rows: AuditRow[] = [];
  for (const row of file.rows(start.seq)) {
    if (check.last().seq >= end.seq) break;
    if (check.next(row) !== null || row === null) return null;
    const readable = readableRow(row);
    if (readable !== null) rows.push(readable);
    if (check.count() % rowsInSlice === 0) await others();
  }
  const { seq, mac } = check.last();
  return seq === end.seq && mac === end.mac ? rows : null;
}

import type { AuditFile } from "./audit-file.ts";
import { type AuditHead, later, parseBody, type StoredRow } from "./entry.ts";
import { baseOf } from "./base.ts";
import type { Seals } from "./seals.ts";
import { guarded } from "./storage-faults.ts";

const format = "smartclaw-guardian-audit";

/** The first line of an export. @param base what the first row follows: nothing, or rows that were cut off */
export function formatLine(base: AuditHead): string {
  if (base.seq === 0) return JSON.stringify({ format, version: 1 });
  return JSON.stringify({ format, version: 2, base: { seq: base.seq, mac: base.mac } });
}

/**
 * A body in other bytes than SmartClaw writes stands as text, and a row of another form as that: neither is passed over,
 * and neither is mistaken for a row that is good.
 */
export function rowLine(row: StoredRow | null): string {
  if (row === null) return JSON.stringify({ unreadable: true });
  const { seq, at, kind, mac } = row;
  const body = parseBody(row.body);
  const asWritten = body !== null && Buffer.from(JSON.stringify(body)).equals(row.body);
  return JSON.stringify({ seq, at, kind, body: asWritten ? body : Buffer.from(row.body).toString(), mac });
}

/** The last line of an export. */
export function headLine({ seq, mac }: AuditHead, seals: Seals): string {
  return JSON.stringify({ head: { seq, mac }, seal: seals.head({ seq, mac }) });
}

/** @param written what is known to have been written when all rows were read */
export function* exportLines(
  file: AuditFile,
  seals: Seals,
  written: () => AuditHead,
): Generator<string, void> {
  let last = guarded(() => baseOf(file));
  yield formatLine(last);
  const rows = file.rows();
  for (;;) {
    const { done, value: row } = guarded(() => rows.next());
    if (done === true) break;
    if (row !== null) last = { seq: row.seq, mac: row.mac };
    yield rowLine(row);
  }
  yield headLine(later(last, written()), seals);
}

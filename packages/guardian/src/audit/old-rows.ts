import type { AuditFile } from "./audit-file.ts";
import { createChainCheck } from "./chain-check.ts";
import type { AuditHead } from "./entry.ts";
import type { Seals } from "./seals.ts";

/**
 * A log may grow to so many rows, some 60 MB; of more, those older than 90 days go. Younger ones stay however many they
 * are: else whoever makes the assistant act without end could push out what it did before.
 */
const mostRows = 100_000;
const youngerThanMs = 90 * 86_400_000;
/** At a time, so that nobody waits for it: some 40 ms. */
const mostAtOnce = 2000;

/** How many rows a log may hold; for tests that cannot wait for so many. */
export interface Room {
  readonly mostRows?: number;
}

/**
 * The last row of those that are to go now; null when none is. Only what is good goes: a row that somebody changed stays,
 * with all that follow it, to be seen.
 * @param from.base what the oldest row follows
 * @param from.kept the row that is kept elsewhere; nothing that it does not vouch for goes
 */
export function oldRows(
  file: AuditFile,
  seals: Seals,
  from: {
    readonly base: AuditHead;
    readonly kept: number;
    readonly last: number;
    readonly now: number;
  } & Room,
): AuditHead | null {
  const { base, kept, last, now } = from;
  const tooMany = last - base.seq - (from.mostRows ?? mostRows);
  const until = Math.min(base.seq + Math.min(tooMany, mostAtOnce), kept, last - 1);
  if (until <= base.seq) return null;
  const check = createChainCheck(seals, base);
  for (const row of file.rows()) {
    if (row === null || row.seq > until || now - row.at < youngerThanMs || check.next(row) !== null) break;
  }
  return check.count() === 0 ? null : check.last();
}

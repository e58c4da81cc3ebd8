import type { Log } from "@smartclaw/contracts";
import type { AuditHead, AuditKind, AuditRow } from "./entry.ts";

/** Only fewer rows than this can be cut off without a trace, at the end of a log that nobody has open. */
export const rowsPerHead = 64;
/** What changes who may do what is worth a copy at once, and so is what the owner said. */
const weighty: ReadonlySet<AuditKind> = new Set([
  "answer",
  "grant",
  "revoke",
  "panic",
  "arm",
  "offer",
  "pause",
  "resume",
  "cut",
]);

/** Where the end of the log is copied to, out of reach for whoever can write to its file. */
export interface HeadPlace {
  readonly keptHead: () => AuditHead | null;
  /** Durable when it returns. */
  readonly keepHead: (head: AuditHead) => void;
}

export interface HeadKeeper {
  /** Call when the row is on disk. Does not throw: the row counts, and the copy is made up for at the next one. */
  appended(row: AuditRow): void;
  /** Copies what is not copied yet. Does not throw. */
  flush(): void;
}

/** @param kept the row whose head is kept now; 0 for none */
export function createHeadKeeper(place: HeadPlace, kept: number, log: Log): HeadKeeper {
  let newest: AuditHead | null = null;
  let owed = false;
  let failing = false;

  function flush(): void {
    if (newest === null) return;
    try {
      // Another process may have come further. A copy of less would hide that its rows were cut off.
      if ((place.keptHead()?.seq ?? 0) < newest.seq) place.keepHead(newest);
      kept = newest.seq;
      newest = null;
      owed = failing = false;
    } catch (error) {
      if (!failing)
        log.error(
          { error: String(error) },
          "the end of the audit log could not be copied elsewhere; it is tried again with the next row",
        );
      failing = true;
    }
  }

  return {
    appended({ seq, mac, kind }) {
      newest = { seq, mac };
      owed ||= weighty.has(kind) || seq - kept >= rowsPerHead;
      if (owed) flush();
    },
    flush,
  };
}

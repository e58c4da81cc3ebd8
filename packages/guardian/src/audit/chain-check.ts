import { type AuditHead, cutOf, type StoredRow } from "./entry.ts";
import { emptyHead, sameMac, type Seals } from "./seals.ts";

export interface BrokenAudit {
  readonly state: "broken";
  /** The first row that is not as it was written, or not there; 0 when it is none of the rows. */
  readonly at: number;
  readonly why:
    /** What a row says, or its mac, is not what SmartClaw wrote. */
    | "changed"
    /** Rows are gone, and later ones are there. */
    | "missing"
    /** Rows are gone at the end. */
    | "cut-off"
    /** A row that SmartClaw could have written, but not the one that is known from elsewhere: another log. */
    | "replaced"
    /** Nothing is kept elsewhere, so a cut at the end would not show. */
    | "no-head"
    /** The file is damaged, or an export is not one. */
    | "unreadable";
  /** One sentence for people. */
  readonly message: string;
}
/** `rows` are those that are there: older ones may have been cut off by SmartClaw itself. */
export type AuditVerdict = { readonly state: "whole"; readonly rows: number } | BrokenAudit;

export function broken(why: BrokenAudit["why"], at: number, message: string): BrokenAudit {
  return { state: "broken", at, why, message };
}

/** Follows a chain row by row, up to where it breaks. */
export interface ChainCheck {
  /** The last row that was found good. */
  last(): AuditHead;
  /** How many were found good. */
  count(): number;
  /**
   * Call with the rows in the order of the log, and no more once it has found something.
   * @param row null for one that has not even the form of a row
   */
  next(row: StoredRow | null): BrokenAudit | null;
  /** @param head what is known to have been written */
  end(head: AuditHead): BrokenAudit | null;
}

/** @param base what the first row follows; that it may begin there, a row of the kind `cut` has to say */
export function createChainCheck(seals: Seals, base: AuditHead): ChainCheck {
  let last = base;
  let cut = emptyHead;
  return {
    last: () => last,
    count: () => last.seq - base.seq,
    next(row) {
      const expected = last.seq + 1;
      if (row !== null && row.seq > expected)
        return broken("missing", expected, `${rowsBetween(expected, row.seq - 1)} missing.`);
      if (row === null || row.seq !== expected || !sameMac(seals.row(row, last.mac), row.mac))
        return broken("changed", expected, `Row ${expected} is not as SmartClaw wrote it.`);
      last = { seq: row.seq, mac: row.mac };
      cut = cutOf(row) ?? cut;
      return null;
    },
    end(head) {
      if (base.seq > cut.seq)
        return broken("missing", cut.seq + 1, `${rowsBetween(cut.seq + 1, base.seq)} missing.`);
      if (base.seq < cut.seq || base.mac !== cut.mac)
        return broken("changed", base.seq + 1, "Rows are there again that were cut off.");
      if (head.seq <= last.seq) return null;
      const gone = rowsBetween(last.seq + 1, head.seq);
      return broken("cut-off", last.seq + 1, `${gone} missing at the end of the log.`);
    },
  };
}

function rowsBetween(first: number, last: number): string {
  return first === last ? `Row ${first} is` : `Rows ${first} to ${last} are`;
}

import type { AuditFile } from "./audit-file.ts";
import { type AuditVerdict, broken, createChainCheck } from "./chain-check.ts";
import { type AuditHead, later } from "./entry.ts";
import { emptyHead, type Seals } from "./seals.ts";
import { isUnreadable } from "./storage-faults.ts";

interface Written {
  /** What is kept elsewhere. */
  readonly kept: AuditHead | null;
  /** What the process that asks knows of besides. */
  readonly known: AuditHead;
}

/** Reads every row of the file, and holds them against what was written for certain. */
export function verifyRows(file: AuditFile, seals: Seals, { kept, known }: Written): AuditVerdict {
  const check = createChainCheck(seals);
  try {
    for (const row of file.rows()) {
      const wrong = check.next(row);
      if (wrong !== null) return wrong;
    }
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    const at = check.last().seq + 1;
    return broken(
      "unreadable",
      at,
      `The file of the audit log is damaged and cannot be read from row ${at} on.`,
    );
  }
  const wrong = check.end(later(kept ?? emptyHead, known));
  if (wrong !== null) return wrong;
  const other = [kept ?? emptyHead, known]
    .toSorted((one, two) => one.seq - two.seq)
    .find((head) => head.seq > 0 && file.row(head.seq)?.mac !== head.mac);
  if (other !== undefined)
    return broken("replaced", other.seq, `Row ${other.seq} is another one than is known from elsewhere.`);
  return { state: "whole", rows: check.last().seq };
}

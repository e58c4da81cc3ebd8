import { setImmediate as others } from "node:timers/promises";
import type { AuditFile } from "./audit-file.ts";
import { baseOf } from "./base.ts";
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

/** After so many rows everything else that this process does has its turn: some 40 ms. */
const rowsInSlice = 2000;

/** Reads every row of the file, and holds them against what was written for certain. */
export async function verifyRows(
  file: AuditFile,
  seals: Seals,
  { kept, known }: Written,
): Promise<AuditVerdict> {
  let base = emptyHead;
  let check = createChainCheck(seals, base);
  try {
    base = baseOf(file);
    check = createChainCheck(seals, base);
    for (const row of file.rows()) {
      const wrong = check.next(row);
      if (wrong !== null) return wrong;
      if (check.count() % rowsInSlice === 0) await others();
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
    .find((head) => head.seq > base.seq && file.row(head.seq)?.mac !== head.mac);
  if (other !== undefined)
    return broken("replaced", other.seq, `Row ${other.seq} is another one than is known from elsewhere.`);
  return { state: "whole", rows: check.count() };
}

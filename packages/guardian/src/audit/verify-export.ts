import { z } from "zod";
import { type AuditVerdict, broken, type BrokenAudit, createChainCheck } from "./chain-check.ts";
import { type AuditHead, exportedRow, type StoredRow } from "./entry.ts";
import { formatLine, headLine, rowLine } from "./export-lines.ts";
import { createSeals, emptyHead, sameMac } from "./seals.ts";

const baseOfLine = z.object({ base: z.object({ seq: z.int().positive(), mac: z.string() }) });
const headOfLine = z.object({ head: z.object({ seq: z.int(), mac: z.string() }) });

/**
 * Checks an exported file without the database. Whether it is an older export only its reader can tell, by the last row.
 * @param lines without their ends; an empty one is passed over
 * @param key 32 bytes, the one that the log was opened with
 */
export function verifyExport(lines: Iterable<string>, key: Uint8Array): AuditVerdict {
  const seals = createSeals(key);
  let check = createChainCheck(seals, emptyHead);
  let next: "format" | "row" | "nothing" = "format";
  for (const line of lines) {
    if (line === "") continue;
    if (next === "format") {
      const base = baseOfLine.safeParse(parseJson(line)).data?.base ?? emptyHead;
      if (line !== formatLine(base)) break;
      check = createChainCheck(seals, base);
      next = "row";
      continue;
    }
    const last = check.last();
    if (next === "nothing")
      return broken("changed", last.seq, "Something was added after the last line of the export.");
    const value = parseJson(line);
    const head = headOfLine.safeParse(value).data?.head;
    const wrong: BrokenAudit | null =
      head === undefined
        ? check.next(parseRow(line, value))
        : (checkHead(head, last, sameMac(line, headLine(head, seals))) ?? check.end(head));
    if (wrong !== null) return wrong;
    if (head !== undefined) next = "nothing";
  }
  const last = check.last().seq;
  if (next === "nothing") return { state: "whole", rows: check.count() };
  return next === "row"
    ? broken("cut-off", last + 1, `The export ends after row ${last}, without its last line.`)
    : broken("unreadable", 0, "This is not an export of the audit log, or one by a later SmartClaw.");
}

/** A head that is before the last row, or another one than it, was not exported with these rows. */
function checkHead(head: AuditHead, last: AuditHead, sealed: boolean): BrokenAudit | null {
  const fits = head.seq > last.seq || (head.seq === last.seq && head.mac === last.mac);
  return sealed && fits
    ? null
    : broken("changed", last.seq, "The last line of the export is not as SmartClaw wrote it.");
}

/** @returns null unless it is written as `rowLine` writes, so that every reader of the line reads the same in it */
function parseRow(line: string, value: unknown): StoredRow | null {
  const parsed = exportedRow.safeParse(value);
  if (!parsed.success) return null;
  const row: StoredRow = { ...parsed.data, body: Buffer.from(JSON.stringify(parsed.data.body)) };
  return rowLine(row) === line ? row : null;
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

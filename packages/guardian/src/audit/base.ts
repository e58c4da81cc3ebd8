import type { AuditFile } from "./audit-file.ts";
import { type AuditHead, cutOf } from "./entry.ts";
import { emptyHead } from "./seals.ts";

/**
 * What the oldest row seems to follow: nothing, or the last of those that were cut off. It is believed only once the
 * chain that begins there leads to a row that says so.
 */
export function baseOf(file: AuditFile): AuditHead {
  const first = file.first();
  if (first === null || first === 1) return emptyHead;
  const newest = file.newest("cut");
  return (newest === null ? null : cutOf(newest)) ?? emptyHead;
}

import { SmartClawError } from "@smartclaw/contracts";
import { z } from "zod";

/** https://sqlite.org/rescode.html: the lower byte of an extended code, and one whole code. */
const [permission, busy, locked, readOnly, ioError, full, cannotOpen, shortRead] = [
  3, 5, 6, 8, 10, 13, 14, 522,
];

/** Faults of SQLite and of the file system, for people. @throws SmartClawError DISK_FULL, STORAGE_CORRUPT, CONFLICT */
export function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw faultOf(error);
  }
}

function faultOf(error: unknown): unknown {
  const { errcode, code = "" } = error as { errcode?: number; code?: string };
  const primary = errcode === undefined ? null : errcode & 0xff;
  if (code === "ENOSPC" || (errcode !== shortRead && (primary === full || primary === ioError)))
    return new SmartClawError(
      "DISK_FULL",
      "The grants could not be written: the disk is full or failing.",
      "Free some space and try again.",
      { cause: error },
    );
  if (
    /^E(?:ACCES|PERM|MFILE|NFILE|ROFS)$/.test(code) ||
    [permission, busy, locked, readOnly, cannotOpen].includes(primary ?? 0)
  )
    return new SmartClawError(
      "CONFLICT",
      "The file of the grants cannot be used: another program holds it, or its rights are not yours.",
      "Try again; if it stays, look who may read and write SmartClaw's folder.",
      { cause: error },
    );
  const isUnreadable =
    primary !== null || error instanceof z.ZodError || code === "ENOENT" || code === "ERR_OUT_OF_RANGE";
  return isUnreadable ? unreadable(error) : error;
}

function unreadable(cause: unknown): SmartClawError {
  return new SmartClawError(
    "STORAGE_CORRUPT",
    "The file of the grants is gone or cannot be read.",
    "Have the grants repaired: what cannot be read is moved aside, and nothing is allowed until you say so.",
    { cause },
  );
}

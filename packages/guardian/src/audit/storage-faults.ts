import { SmartClawError } from "@smartclaw/contracts";

/** SQLite's result codes, by number: https://www.sqlite.org/rescode.html; the lower byte of an extended code. */
const [busy, ioError, corrupt, full, notADatabase] = [5, 10, 11, 13, 26];

/** A file that SQLite can read and that is no audit log. */
export class OtherFile extends Error {}

/** Whether the file itself is at fault: torn, not a database, or with another table. */
export function isDamage(error: unknown): boolean {
  return error instanceof OtherFile || [corrupt, notADatabase].includes(resultCode(error) ?? 0);
}

export function isFullDisk(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return [ioError, full].includes(resultCode(error) ?? 0) || code === "ENOSPC" || code === "EDQUOT";
}

/** Whether rows cannot be read, and it is not that somebody else is at work. */
export function isUnreadable(error: unknown): boolean {
  const code = resultCode(error);
  return code !== null && code !== busy;
}

function resultCode(error: unknown): number | null {
  const { errcode } = error as { errcode?: number };
  return errcode === undefined ? null : errcode & 0xff;
}

/** Runs `work`, and says for people what stands in the way of the audit log. @throws SmartClawError */
export function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw saidOf(error);
  }
}

export async function guardedAsync<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw saidOf(error);
  }
}

function saidOf(error: unknown): unknown {
  if (isFullDisk(error))
    return new SmartClawError(
      "DISK_FULL",
      "The audit log could not be written, because the disk is full or failing.",
      "Free some space and try again.",
      { cause: error },
    );
  if (resultCode(error) === busy)
    return new SmartClawError(
      "CONFLICT",
      "The audit log could not be written, because another program holds it.",
      "Close the programs that have SmartClaw's audit log open and try again.",
      { cause: error },
    );
  const ofFileSystem = (error as NodeJS.ErrnoException).syscall !== undefined;
  if (!isDamage(error) && resultCode(error) === null && !ofFileSystem) return error;
  return new SmartClawError(
    "STORAGE_CORRUPT",
    "The audit log could not be used, because its file is damaged or is not SmartClaw's to write.",
    "Restart SmartClaw; if it stays, make the file yours to write, or move it away.",
    { cause: error },
  );
}

import { chmodSync, writeFileSync } from "node:fs";
import { SmartClawError } from "@smartclaw/contracts";
import writeFileAtomic from "write-file-atomic";

/**
 * Puts `text` in the place of a small file: whole and on disk when it returns, or not at all. Without a `mode` the
 * file keeps its mode and owner.
 * @throws SmartClawError DISK_FULL; what was there is then unchanged
 */
export function replaceFile(path: string, text: string, options: { readonly mode?: number } = {}): void {
  try {
    writeFileAtomic.sync(path, text, {
      ...options,
      // The library writes once and takes a short write, as there is on an almost full disk, for the whole. So all of it
      // is written before, by a call that fails instead; the library then writes the same over it.
      tmpfileCreated(unfinished) {
        // The file's own mode, which it gets in the end, may let nobody write.
        chmodSync(unfinished, 0o600);
        writeFileSync(unfinished, text);
      },
    });
  } catch (error) {
    if (!["ENOSPC", "EDQUOT"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    throw new SmartClawError(
      "DISK_FULL",
      "The disk is full, so the change was not saved.",
      "Free some space and try again.",
      { cause: error },
    );
  }
}

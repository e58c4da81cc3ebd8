import { createHmac, createSecretKey, randomUUID, timingSafeEqual } from "node:crypto";
import {
  closeSync,
  constants,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { SmartClawError } from "@smartclaw/contracts";
import type { z } from "zod";

/** Files that only the holder of a key can make; a changed or foreign one is noticed. */
export interface SealedFiles {
  /**
   * Replaces a file as a whole (mode 0600). Its content is on the disk when this returns, its name only when its folder
   * is, too.
   * @param label what it is, and of what
   * @param values each with a seal of its own, so that it can be read alone
   */
  write(path: string, label: string, ...values: readonly unknown[]): void;
  /** One of the values; null when there is no file. @throws SmartClawError STORAGE_CORRUPT */
  read<T>(path: string, label: string, schema: z.ZodType<T>, at?: number): T | null;
}

/** HMAC-SHA-256 (RFC 2104) in hexadecimal digits over label, place and text, and the text on the next line. */
export function createSealedFiles(key: Uint8Array): SealedFiles {
  const secret = createSecretKey(key);
  const seal = (label: string, at: number, text: string): Buffer =>
    createHmac("sha256", secret)
      .update(`${JSON.stringify(["smartclaw.guardian.undo.v1", label, at])}\n`)
      .update(text)
      .digest();
  return {
    write(path, label, ...values) {
      const texts = values.map((value) => JSON.stringify(value));
      const lines = texts.map((text, at) => `${seal(label, at, text).toString("hex")}\n${text}\n`);
      const part = `${path}.${randomUUID()}`;
      const file = openSync(part, "wx", 0o600);
      try {
        writeFileSync(file, lines.join(""));
        fsyncSync(file);
        renameSync(part, path);
      } catch (error) {
        rmSync(part, { force: true });
        throw error;
      } finally {
        closeSync(file);
      }
    },
    read(path, label, schema, at = 0) {
      let whole: string;
      try {
        whole = readFileSync(path, "utf8");
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
        throw notOurs(error);
      }
      const [mac = "", text = ""] = whole.split("\n").slice(2 * at);
      const given = Buffer.from(mac, "hex");
      const right = seal(label, at, text);
      if (given.length !== right.length || !timingSafeEqual(given, right)) throw notOurs(null);
      try {
        return schema.parse(JSON.parse(text));
      } catch (error) {
        throw notOurs(error);
      }
    },
  };
}

export function syncFolder(path: string): void {
  const folder = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

export function notOurs(cause: unknown): SmartClawError {
  return new SmartClawError(
    "STORAGE_CORRUPT",
    "A copy that was kept for undoing is damaged, or somebody else than SmartClaw changed it, so it is not used.",
    "Look for what was lost in your own backups.",
    { cause },
  );
}

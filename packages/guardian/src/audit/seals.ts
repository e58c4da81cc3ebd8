import { createHmac, createSecretKey, timingSafeEqual } from "node:crypto";
import type { AuditHead, StoredRow } from "./entry.ts";

/** What the first row follows. */
export const emptyHead: AuditHead = { seq: 0, mac: "0".repeat(64) };

/** What only the holder of the key can make. */
export interface Seals {
  /** The mac of a row that follows a row with the mac `previous`. */
  row(row: Omit<StoredRow, "mac">, previous: string): string;
  /** For the end of an export, which would otherwise look whole when some of its last rows are taken away. */
  head(head: AuditHead): string;
}

/**
 * HMAC-SHA-256 (RFC 2104), in lower-case hexadecimal digits. What is sealed begins with a JSON array on one line: the
 * purpose, every field, and the length of the body; the body follows byte for byte. So no two rows are sealed alike.
 * @param key 32 bytes, for nothing else
 * @throws RangeError for a key of another length
 */
export function createSeals(key: Uint8Array): Seals {
  if (key.length !== 32) throw new RangeError("the audit log needs a key of 32 bytes");
  const secret = createSecretKey(key);
  const seal = (fields: readonly (string | number)[], body: Uint8Array): string =>
    createHmac("sha256", secret)
      .update(`${JSON.stringify(fields)}\n`)
      .update(body)
      .digest("hex");
  return {
    row: ({ seq, at, kind, body }, previous) =>
      seal(["smartclaw.guardian.audit.row.v1", seq, at, kind, previous, body.length], body),
    head: ({ seq, mac }) => seal(["smartclaw.guardian.audit.export.v1", seq, mac], new Uint8Array()),
  };
}

/** Takes as long wherever they differ. */
export function sameMac(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}

import { z } from "zod";

export const auditKind = z.enum([
  "request",
  "decision",
  "answer",
  "grant",
  "revoke",
  "start",
  "end",
  "file",
  "refused",
  "panic",
  "arm",
  "undo",
  /** Answers to an offer to allow for longer what is allowed again and again. */
  "offer",
  /** A conversation may ask no more, and may again. */
  "pause",
  "resume",
  /** Old rows are gone from the log. */
  "cut",
]);
export type AuditKind = z.infer<typeof auditKind>;

/** Something that is about to be done, or was. */
export interface AuditEntry {
  readonly kind: AuditKind;
  /** JSON, and no secrets: the log is read, exported, and kept for months. */
  readonly body: Readonly<Record<string, unknown>>;
}

export interface AuditRow extends AuditEntry {
  /** From 1, without gaps. It gives the order: the clock may be set back. */
  readonly seq: number;
  /** In milliseconds since 1970. */
  readonly at: number;
  /** 32 bytes in lower-case hexadecimal digits. */
  readonly mac: string;
}

/** The last row of a log; who has it knows of every row up to there. */
export interface AuditHead {
  /** 0 for a log without rows. */
  readonly seq: number;
  readonly mac: string;
}

/** The one of both that is further; of one row, the second. */
export function later(one: AuditHead, other: AuditHead): AuditHead {
  return other.seq >= one.seq ? other : one;
}

/**
 * What a row of the kind `cut` says: the last row that went. The row itself is in the chain, so whoever has the head of
 * the log has this, too.
 */
const cutBody = z.object({ after: z.object({ seq: z.int().positive(), mac: z.string() }) });

/** Behind which row a log begins that was cut by this row; null when it is no such row. */
export function cutOf({ kind, body }: Pick<StoredRow, "kind" | "body">): AuditHead | null {
  return kind === "cut" ? (cutBody.safeParse(parseBody(body)).data?.after ?? null) : null;
}

/** Not a schema that copies: zod leaves out a key named `__proto__`, and a body is given back as it was written. */
const body = z.custom<Readonly<Record<string, unknown>>>(
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
);
const row = z.object({ seq: z.int().positive(), at: z.int(), kind: auditKind, mac: z.string(), body });

/** A row as its columns have it: `kind` may be of a later release, and anything may be in the body. */
export interface StoredRow {
  readonly seq: number;
  readonly at: number;
  readonly kind: string;
  readonly body: Uint8Array;
  readonly mac: string;
}

/** @returns null for what is not a row that this release writes */
export function readableRow(stored: StoredRow): AuditRow | null {
  const parsed = row.safeParse({ ...stored, body: parseBody(stored.body) });
  return parsed.success ? parsed.data : null;
}

/** @returns null when it is not a JSON object */
export function parseBody(bytes: Uint8Array): Readonly<Record<string, unknown>> | null {
  try {
    return body.parse(JSON.parse(Buffer.from(bytes).toString()));
  } catch {
    return null;
  }
}

/** A row of an export. */
export const exportedRow = z.object({
  seq: z.int(),
  at: z.int(),
  kind: z.string(),
  body,
  mac: z.string(),
});

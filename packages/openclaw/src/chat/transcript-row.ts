import { z } from "zod";

/** A part of a transcript row that SmartClaw shows; other kinds are passed over. */
const block = z.union([
  z.object({ type: z.literal("text"), text: z.string() }),
  z.object({ type: z.literal("toolCall"), id: z.string(), name: z.string(), arguments: z.unknown() }),
  z.object({ type: z.string() }),
]);
export type Block = z.infer<typeof block>;

/** A row of OpenClaw's transcript as `chat.history` gives it. Several rows with one id are one record. */
export const transcriptRow = z.object({
  role: z.string(),
  content: z.union([z.string(), z.array(block)]).default(""),
  timestamp: z.number().optional(),
  stopReason: z.string().optional(),
  idempotencyKey: z.string().optional(),
  toolCallId: z.string().optional(),
  isError: z.boolean().optional(),
  openclawAbort: z.object({ aborted: z.boolean() }).optional(),
  provenance: z.object({ kind: z.string(), sourceTool: z.string().optional() }).optional(),
  __openclaw: z.object({
    id: z.string(),
    seq: z.number().optional(),
    runId: z.string().optional(),
    kind: z.string().optional(),
    recordTimestampMs: z.number().optional(),
  }),
});
export type TranscriptRow = z.infer<typeof transcriptRow>;

/** The run to which a row belongs; null for what people and the system wrote. */
export function runOf(row: TranscriptRow): string | null {
  return row.role === "user" ? null : (row.__openclaw.runId ?? null);
}

export function textOf(row: TranscriptRow): string {
  if (typeof row.content === "string") return row.content;
  return row.content.flatMap((part) => ("text" in part ? part.text : [])).join("\n\n");
}

/** What the sender called the message, from the key under which the gateway keeps it. */
export function clientIdOf(row: TranscriptRow): string | null {
  const [, clientId] = /^([0-9a-f-]{36}):user$/.exec(row.idempotencyKey ?? "") ?? [];
  return clientId ?? null;
}

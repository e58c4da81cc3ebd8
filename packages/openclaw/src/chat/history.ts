import { z } from "zod";
import type { Gateway } from "../gateway/gateway-client.ts";
import type { ChatInput } from "./chat-core.ts";
import { transcriptRow, type TranscriptRow } from "./transcript-row.ts";

const page = z.object({
  messages: z.array(transcriptRow),
  hasMore: z.boolean().default(false),
  nextOffset: z.number().nullish(),
  deltaCursor: z.string().optional(),
  sessionInfo: z
    .object({ hasActiveRun: z.boolean().optional(), activeRunIds: z.array(z.string()).nullish() })
    .optional(),
  inFlightRun: z
    .object({ runId: z.string(), text: z.string().default(""), startedAt: z.number().optional() })
    .optional(),
});
const changes = z.union([
  z.object({
    kind: z.literal("delta"),
    messages: z.array(z.object({ message: transcriptRow })),
    deltaCursor: z.string(),
  }),
  z.object({ kind: z.literal("reset") }),
]);

/** The newest rows of a conversation, the run in flight, and the place from which changes can be asked for. */
export async function readHistory(
  gateway: Gateway,
  sessionKey: string,
  limit: number,
  now: number,
): Promise<{ input: Extract<ChatInput, { type: "history" }>; cursor: string | null }> {
  const answer = await gateway.request("chat.history", { sessionKey, limit }, page);
  const { messages: rows, hasMore, deltaCursor } = answer;
  return {
    input: { type: "history", rows, hasMore, run: runInFlight(answer, now) },
    cursor: deltaCursor ?? null,
  };
}

/** Rows since `cursor`; null when the gateway cannot tell and the history has to be read again. */
export async function readChanges(
  gateway: Gateway,
  sessionKey: string,
  cursor: string,
): Promise<{ rows: readonly TranscriptRow[]; cursor: string } | null> {
  const answer = await gateway.request("chat.history", { sessionKey, cursor }, changes);
  if (answer.kind === "reset") return null;
  return { rows: answer.messages.map(({ message }) => message), cursor: answer.deltaCursor };
}

/** One page further back. Offsets count rows from the newest. */
export async function readPage(
  gateway: Gateway,
  sessionKey: string,
  offset: number,
  limit: number,
): Promise<{ rows: readonly TranscriptRow[]; nextOffset: number | null }> {
  const answer = await gateway.request("chat.history", { sessionKey, offset, limit }, page);
  return { rows: answer.messages, nextOffset: answer.hasMore ? (answer.nextOffset ?? null) : null };
}

/** After a restart the gateway names a run that it resumes before it has any text of it. */
function runInFlight(
  answer: z.infer<typeof page>,
  now: number,
): { runId: string; text: string; startedAt: number } | null {
  const { inFlightRun, sessionInfo } = answer;
  if (inFlightRun) return { ...inFlightRun, startedAt: inFlightRun.startedAt ?? now };
  const [runId, another] = sessionInfo?.activeRunIds ?? [];
  if (sessionInfo?.hasActiveRun !== true || runId === undefined || another !== undefined) return null;
  return { runId, text: "", startedAt: now };
}

import type { ChatInput, RunEnd } from "./chat-core.ts";
import { runFailure, runFailureReport } from "./chat-errors.ts";
import { resultText, summarise } from "./transcript.ts";
import type { GatewayEvent } from "../gateway/gateway-client.ts";
import { z } from "zod";

const chatPayload = z.object({
  sessionKey: z.string(),
  runId: z.string(),
  seq: z.number(),
  state: z.enum(["status", "delta", "final", "aborted", "error"]),
  message: z
    .object({ content: z.union([z.string(), z.array(z.object({ text: z.string().optional() }))]).optional() })
    .optional(),
});
const toolPayload = z.object({
  sessionKey: z.string(),
  runId: z.string(),
  stream: z.literal("tool"),
  data: z.object({
    phase: z.enum(["start", "update", "result"]),
    toolCallId: z.string(),
    name: z.string(),
    args: z.unknown(),
    isError: z.boolean().optional(),
    result: z.unknown(),
  }),
});
const rowPayload = z.object({ sessionKey: z.string() });

/** What an event of the gateway means for one conversation. */
export interface ChatNews {
  readonly sessionKey: string;
  readonly input: ChatInput | null;
  /** The transcript has grown: it has to be read again. */
  readonly stale: boolean;
}

/** Null for events that say nothing about a conversation. `now` is in milliseconds since the Unix epoch. */
export function readChatEvent(event: GatewayEvent, now: number): ChatNews | null {
  if (event.event === "chat") return readChat(event.payload, now);
  if (event.event === "agent") return readTool(event.payload, now);
  if (event.event !== "session.message") return null;
  const row = rowPayload.safeParse(event.payload);
  return row.success ? { sessionKey: row.data.sessionKey, input: null, stale: true } : null;
}

function readChat(payload: unknown, now: number): ChatNews | null {
  const parsed = chatPayload.safeParse(payload);
  if (!parsed.success) return null;
  const { sessionKey, runId, seq, state, message } = parsed.data;
  const news = (input: ChatInput, stale: boolean): ChatNews => ({ sessionKey, input, stale });
  const ended = (end: RunEnd): ChatNews =>
    news({ type: "ended", runId, end, wrote: messageText(message?.content) !== "" }, true);
  switch (state) {
    case "status":
      return news({ type: "started", runId, at: now }, false);
    case "delta":
      return news({ type: "text", runId, seq, text: messageText(message?.content), at: now }, false);
    case "final":
      return ended({ outcome: "final", error: null });
    case "aborted":
      return ended({ outcome: "stopped", error: null });
    case "error": {
      const error = runFailureReport(runFailure.safeParse(payload).data ?? {});
      return ended({ outcome: "error", error });
    }
  }
}

function readTool(payload: unknown, at: number): ChatNews | null {
  const parsed = toolPayload.safeParse(payload);
  if (!parsed.success) return null;
  const { sessionKey, runId, data } = parsed.data;
  const over = data.phase === "result";
  const state = !over ? "running" : data.isError === true ? "failed" : "done";
  const tool = {
    id: data.toolCallId,
    name: data.name,
    summary: summarise(data.args),
    state,
    result: over ? resultText(data.result) : null,
  } as const;
  return { sessionKey, input: { type: "tool", runId, tool, at }, stale: false };
}

function messageText(content: string | readonly { text?: string | undefined }[] | undefined): string {
  if (content === undefined || typeof content === "string") return content ?? "";
  return content.map((part) => part.text ?? "").join("");
}

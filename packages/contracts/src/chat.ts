import { z } from "zod";
import { errorReport } from "./error-report.ts";
import { timestamp } from "./base.ts";

/** OpenClaw's session key, e.g. `agent:main:main`. */
export const conversationId = z.string().min(1).max(200).brand<"ConversationId">();
export type ConversationId = z.infer<typeof conversationId>;

export const conversation = z.object({
  id: conversationId,
  title: z.string(),
  updatedAt: timestamp,
  /** `<connection id>/<model id>`, or null for the default. */
  model: z.string().nullable(),
  running: z.boolean(),
});
export type Conversation = z.infer<typeof conversation>;

export const toolActivity = z.object({
  id: z.string(),
  name: z.string(),
  /** What it was asked, shortened for reading; never the whole of a large input. */
  summary: z.string(),
  state: z.enum(["running", "done", "failed"]),
  result: z.string().nullable(),
});
export type ToolActivity = z.infer<typeof toolActivity>;

export const chatMessage = z.object({
  /** The gateway's id of the row; stable over reconnects. */
  id: z.string(),
  role: z.enum(["user", "assistant", "system"]),
  text: z.string(),
  at: timestamp,
  tools: z.array(toolActivity),
  /** True when the user stopped it. */
  stopped: z.boolean(),
  /** The idempotency key under which the user's message was sent, when known. */
  clientId: z.string().nullable(),
  /** On the message that ends a failed answer: whose answer it was, and the part of `text` that says why. */
  failed: z.object({ runId: z.string(), reason: z.string() }).optional(),
});
export type ChatMessage = z.infer<typeof chatMessage>;

/** The answer that is being written. */
export const chatRun = z.object({
  runId: z.string(),
  text: z.string(),
  tools: z.array(toolActivity),
  startedAt: timestamp,
});
export type ChatRun = z.infer<typeof chatRun>;

/**
 * A subscriber first gets `snapshot`, which is complete, then what follows it. After any interruption it
 * subscribes again and replaces what it has: nothing can be lost or doubled.
 */
export const chatEvent = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("snapshot"),
    messages: z.array(chatMessage),
    run: chatRun.nullable(),
    hasMore: z.boolean(),
  }),
  z.object({ type: z.literal("message"), message: chatMessage }),
  z.object({ type: z.literal("run"), run: chatRun }),
  z.object({ type: z.literal("delta"), runId: z.string(), text: z.string() }),
  z.object({ type: z.literal("tool"), runId: z.string(), tool: toolActivity }),
  z.object({
    type: z.literal("end"),
    runId: z.string(),
    outcome: z.enum(["final", "stopped", "error"]),
    error: errorReport.nullable(),
  }),
  /** The gateway went away; a new snapshot follows when it is back. */
  z.object({ type: z.literal("interrupted"), error: errorReport }),
]);
export type ChatEvent = z.infer<typeof chatEvent>;

export const chatSend = z.object({
  conversation: conversationId,
  text: z.string().min(1).max(200_000),
  /** Made by the client once per message: sending it again is the same message, not a second one. */
  clientId: z.uuid(),
});
export type ChatSend = z.infer<typeof chatSend>;

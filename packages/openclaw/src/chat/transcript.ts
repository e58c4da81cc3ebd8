import type { ChatMessage, ToolActivity } from "@smartclaw/contracts";
import { readFailedRow } from "./failed-row.ts";
import { clientIdOf, textOf, type Block, type TranscriptRow } from "./transcript-row.ts";

const longestSummary = 200;
const longestResult = 2_000;

/** What OpenClaw puts round a user's words for the model: its own context, and the time in front. */
const internalContext = /<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>[\s\S]*?<<<END_OPENCLAW_INTERNAL_CONTEXT>>>/g;
const timePrefix = /^\[[A-Z][a-z]{2} \d{4}-\d{2}-\d{2} \d{2}:\d{2}(?: [A-Z+\-\d:]+)?\] /;

const resumed = "OpenClaw was interrupted in the middle of this answer and goes on with it by itself.";

/**
 * Messages as people read them: one for each record, with the results of tools put into the message that called
 * them. `running` is the run that is still going; its tools without a result are running, others have failed.
 */
export function toMessages(rows: readonly TranscriptRow[], running: string | null): readonly ChatMessage[] {
  const messages = new Map<string, ChatMessage>();
  const callers = new Map<string, string>();
  for (const row of rows) {
    const { id, runId } = row.__openclaw;
    if (row.role === "toolResult") {
      const caller = messages.get(callers.get(row.toolCallId ?? "") ?? "");
      if (caller) messages.set(caller.id, withResult(caller, row));
      continue;
    }
    const calls = toolCalls(row, runId !== undefined && runId === running ? "running" : "failed");
    for (const call of calls) callers.set(call.id, id);
    const earlier = messages.get(id);
    const failed = readFailedRow(row);
    const texts = failed === null ? [displayText(row)] : [failed.written, failed.reason];
    const joined = [earlier?.text, ...texts].filter((part) => part !== undefined && part !== "").join("\n\n");
    const tools = [...(earlier?.tools ?? []), ...calls];
    if (joined === "" && tools.length === 0) continue;
    messages.set(id, {
      id,
      role: roleOf(row),
      text: joined,
      at: Math.max(0, Math.trunc(row.timestamp ?? row.__openclaw.recordTimestampMs ?? 0)),
      tools,
      stopped: (earlier?.stopped ?? false) || row.openclawAbort?.aborted === true,
      clientId: clientIdOf(row),
      ...(failed === null ? {} : { failed: { runId: failed.runId, reason: failed.reason } }),
    });
  }
  return [...messages.values()];
}

function roleOf(row: TranscriptRow): ChatMessage["role"] {
  if (row.role === "user") return row.provenance?.kind === "internal_system" ? "system" : "user";
  return row.role === "assistant" && row.stopReason !== "error" ? "assistant" : "system";
}

function displayText(row: TranscriptRow): string {
  if (row.provenance?.sourceTool === "main_session_restart_recovery") return resumed;
  const text = textOf(row);
  if (row.role !== "user") return text.trim();
  return text.replaceAll(internalContext, "").trim().replace(timePrefix, "");
}

function toolCalls(row: TranscriptRow, state: "running" | "failed"): readonly ToolActivity[] {
  if (typeof row.content === "string") return [];
  return row.content.flatMap((part) =>
    isToolCall(part)
      ? [{ id: part.id, name: part.name, summary: summarise(part.arguments), state, result: null }]
      : [],
  );
}

function isToolCall(part: Block): part is Extract<Block, { id: string }> {
  return "id" in part;
}

function withResult(message: ChatMessage, row: TranscriptRow): ChatMessage {
  const state = row.isError === true ? ("failed" as const) : ("done" as const);
  const result = shorten(textOf(row), longestResult);
  const tools = message.tools.map((tool) => (tool.id === row.toolCallId ? { ...tool, state, result } : tool));
  return { ...message, tools };
}

/** The argument that says most, for reading; never the whole of a large input. */
export function summarise(input: unknown): string {
  if (typeof input === "object" && input !== null) {
    for (const name of ["command", "path", "url", "query", "action"]) {
      const value: unknown = Reflect.get(input, name);
      if (typeof value === "string" && value !== "") return shorten(value, longestSummary);
    }
  }
  return shorten(input === undefined ? "" : JSON.stringify(input), longestSummary);
}

/** A tool's output as text; the gateway gives content blocks. */
export function resultText(result: unknown): string | null {
  if (typeof result !== "object" || result === null) return null;
  const content: unknown = Reflect.get(result, "content");
  if (!Array.isArray(content)) return null;
  const texts = content.flatMap((part: unknown) => {
    const text: unknown = typeof part === "object" && part !== null ? Reflect.get(part, "text") : null;
    return typeof text === "string" ? [text] : [];
  });
  return shorten(texts.join("\n"), longestResult);
}

function shorten(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;
}

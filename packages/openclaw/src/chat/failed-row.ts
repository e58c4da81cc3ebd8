import { runOf, textOf, type TranscriptRow } from "./transcript-row.ts";

/** How OpenClaw 2026.9.6 begins the paragraph that it puts in front of what had been written of a failed answer. */
const reasons =
  /^(?:⚠️ (?:LLM request|Agent run|The provider)|LLM request|Context overflow:|The agent run failed)[^\n]*/u;

/** What the row says with which OpenClaw ends a failed run. */
export interface FailedRow {
  readonly runId: string;
  /** In OpenClaw's own words; empty when it says nothing. */
  readonly reason: string;
  /** What had been written of the answer. */
  readonly written: string;
}

/** Null for every other row. */
export function readFailedRow(row: TranscriptRow): FailedRow | null {
  const runId = runOf(row);
  if (runId === null || row.role !== "assistant" || row.stopReason !== "error") return null;
  const text = textOf(row).trim();
  const [reason = ""] = reasons.exec(text) ?? [];
  return { runId, reason, written: text.slice(reason.length).trim() };
}

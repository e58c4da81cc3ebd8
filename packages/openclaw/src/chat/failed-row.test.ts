import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyView, merge, present } from "./chat-core.ts";
import { readFailedRow } from "./failed-row.ts";
import { toMessages } from "./transcript.ts";
import type { TranscriptRow } from "./transcript-row.ts";

const row = (text: string, stopReason = "error"): TranscriptRow => ({
  role: "assistant",
  content: [{ type: "text", text }],
  stopReason,
  timestamp: 1,
  __openclaw: { id: "row-1", seq: 1, runId: "run-1" },
});

/** As OpenClaw 2026.9.6 wrote them, with each of the four protocols. */
const recorded = {
  "⚠️ LLM request failed (request format rejected, HTTP 400).": ["request format rejected", ""],
  "⚠️ LLM request failed (request format rejected).\n\nhalf ": ["request format rejected", "half"],
  "The agent run failed before producing a reply.": ["before producing a reply", ""],
  "half ": ["", "half"],
} as const;

for (const [text, [reason, written]] of Object.entries(recorded))
  test(`of a failed run: ${JSON.stringify(text)}`, () => {
    const failed = readFailedRow(row(text));
    assert.equal(failed?.written, written);
    assert.ok(reason === "" ? failed.reason === "" : failed.reason.includes(reason));
    const [message] = toMessages([row(text)], null);
    assert.deepEqual(message?.failed, { runId: "run-1", reason: failed.reason });
    assert.equal(message.text, [written, failed.reason].filter((part) => part !== "").join("\n\n"));
  });

test("an answer that begins like a reason, and did not fail, is an answer", () => {
  const answer = row("⚠️ LLM request failed: here is why that happens.", "stop");
  assert.equal(readFailedRow(answer), null);
  assert.deepEqual(
    toMessages([answer], null).map(({ role, failed }) => [role, failed]),
    [["assistant", undefined]],
  );
});

test("while the run has not ended, its reason is not shown as a part of the answer", () => {
  const live = merge(emptyView, { type: "text", runId: "run-1", seq: 1, text: "half", at: 1 });
  const view = merge(live, { type: "rows", rows: [row("⚠️ LLM request failed.\n\nhalf")] });
  const { messages, run } = present(view);
  assert.deepEqual([messages, run?.text], [[], "half"]);
});

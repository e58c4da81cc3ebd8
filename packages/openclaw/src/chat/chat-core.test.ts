import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatEvent } from "@smartclaw/contracts";
import fc from "fast-check";
import {
  difference,
  emptyView,
  merge,
  present,
  snapshot,
  type ChatInput,
  type ConversationView,
  type Presentation,
} from "./chat-core.ts";
import { toMessages } from "./transcript.ts";
import { textOf, type TranscriptRow } from "./transcript-row.ts";

/** How a reader keeps up: what it shows after `event`. The web page does the same. */
function applyEvent(shown: Presentation, event: ChatEvent): Presentation {
  const { messages, run } = shown;
  switch (event.type) {
    case "snapshot":
      return { messages: event.messages, run: event.run, hasMore: event.hasMore };
    case "message": {
      const at = messages.findIndex((message) => message.id === event.message.id);
      return { ...shown, messages: at < 0 ? [...messages, event.message] : messages.with(at, event.message) };
    }
    case "run":
      return { ...shown, run: event.run };
    case "delta":
      return run?.runId === event.runId ? { ...shown, run: { ...run, text: run.text + event.text } } : shown;
    case "tool": {
      if (run?.runId !== event.runId) return shown;
      const at = run.tools.findIndex((tool) => tool.id === event.tool.id);
      const tools = at < 0 ? [...run.tools, event.tool] : run.tools.with(at, event.tool);
      return { ...shown, run: { ...run, tools } };
    }
    case "end":
      return run?.runId === event.runId ? { ...shown, run: null } : shown;
    case "interrupted":
      return shown;
  }
}

const words = fc.array(fc.constantFrom("ja ", "no ", "w ", "ä\n"), { minLength: 1, maxLength: 5 });

/** What the gateway would say of a conversation of some turns: events in order, and the transcript at the end. */
const conversation = fc
  .array(
    fc.record({
      tool: fc.boolean(),
      parts: fc.array(words, { minLength: 1, maxLength: 2 }),
      stop: fc.boolean(),
    }),
    {
      minLength: 1,
      maxLength: 4,
    },
  )
  .map((turns) => {
    const rows: TranscriptRow[] = [];
    const news: ChatInput[] = [];
    const store = (row: Omit<TranscriptRow, "__openclaw">, runId?: string) => {
      const seq = rows.length + 1;
      const stored = { ...row, __openclaw: { id: `row${seq}`, seq, ...(runId ? { runId } : {}) } };
      rows.push(stored);
      news.push({ type: "rows", rows: [stored] });
    };
    for (const [turn, { tool, parts, stop }] of turns.entries()) {
      const runId = `run${turn}`;
      let seq = 0;
      store({ role: "user", content: `question ${turn}`, timestamp: turn });
      news.push({ type: "started", runId, at: turn });
      for (const [index, part] of parts.entries()) {
        let text = "";
        for (const word of part) {
          text += word;
          news.push({ type: "text", runId, seq: (seq += 1), text: text.trim(), at: turn });
        }
        const last = index === parts.length - 1;
        const call = {
          type: "toolCall" as const,
          id: `call${turn}-${index}`,
          name: "exec",
          arguments: { command: "ls" },
        };
        const calls = tool && !last ? [call] : [];
        const end = last && stop ? { openclawAbort: { aborted: true } } : {};
        store(
          { role: "assistant", content: [{ type: "text", text }, ...calls], timestamp: turn, ...end },
          runId,
        );
        for (const { id } of calls) {
          const shown = { id, name: "exec", summary: "ls", state: "running" as const, result: null };
          news.push({ type: "tool", runId, tool: shown, at: turn });
          news.push({ type: "tool", runId, tool: { ...shown, state: "done", result: "out" }, at: turn });
          store({ role: "toolResult", content: "out", toolCallId: id }, runId);
        }
      }
      const outcome = stop ? "stopped" : "final";
      news.push({ type: "ended", runId, end: { outcome, error: null }, wrote: true });
    }
    return { rows, news };
  });

function history(rows: readonly TranscriptRow[]): ChatInput {
  return { type: "history", rows, hasMore: false, run: null };
}

/** Plays the news; a reader follows by events alone and must see the same as the view at each step. */
function follow(inputs: readonly ChatInput[]): { view: ConversationView; events: ChatEvent[] } {
  let view = emptyView;
  const events: ChatEvent[] = [snapshot(present(view))];
  let reader = present(view);
  for (const input of inputs) {
    const next = merge(view, input);
    for (const event of difference(present(view), present(next), next.ended)) {
      events.push(event);
      reader = applyEvent(reader, event);
    }
    view = next;
    assert.deepEqual(reader, present(view));
  }
  return { view, events };
}

test("in order: the reader ends with the transcript, and hears of each end once", () => {
  fc.assert(
    fc.property(conversation, ({ rows, news }) => {
      const { view, events } = follow(news);
      assert.deepEqual(present(view), { messages: toMessages(rows, null), hasMore: false, run: null });
      const ends = events.filter((event) => event.type === "end").map((event) => event.runId);
      assert.equal(new Set(ends).size, ends.length);
      assert.equal(ends.length, news.filter((input) => input.type === "ended").length);
    }),
    { numRuns: 500 },
  );
});

test("any order, with duplicates and with losses: after the history all is as the history says", () => {
  const disorder = conversation.chain(({ rows, news }) =>
    fc.array(fc.nat(news.length - 1), { maxLength: 60, size: "max" }).map((picks) => ({
      rows,
      picked: picks.flatMap((pick) => news[pick] ?? []),
      ends: news.filter((input) => input.type === "ended"),
    })),
  );
  fc.assert(
    fc.property(disorder, ({ rows, picked, ends }) => {
      const { view } = follow([...picked, ...ends, history(rows)]);
      assert.deepEqual(present(view), { messages: toMessages(rows, null), hasMore: false, run: null });
    }),
    { numRuns: 1000 },
  );
});

test("a step in the middle of a run never shows a part twice", () => {
  fc.assert(
    fc.property(conversation, fc.nat(200), ({ rows, news }, cut) => {
      const { view } = follow(news.slice(0, cut));
      const { messages, run } = present(view);
      if (run === null) return;
      const mine = rows.filter((row) => row.role === "assistant" && row.__openclaw.runId === run.runId);
      for (const { __openclaw } of mine)
        assert.ok(!messages.some(({ id }) => id === __openclaw.id), "rows of the run stand only in the run");
      const words = (texts: readonly string[]): string => texts.join(" ").trim().replace(/\s+/g, " ");
      assert.ok(words(mine.map(textOf)).startsWith(words([run.text])), "no part stands in it twice");
    }),
    { numRuns: 500 },
  );
});

test("a run that ended unseen is ended by the history", () => {
  const row: TranscriptRow = {
    role: "assistant",
    content: "yes",
    timestamp: 1,
    __openclaw: { id: "a", seq: 1, runId: "r" },
  };
  const { events } = follow([{ type: "text", runId: "r", seq: 1, text: "ye", at: 1 }, history([row])]);
  assert.deepEqual(events.at(-1), { type: "end", runId: "r", outcome: "final", error: null });
});

test("OpenClaw's additions to the user's words are not shown", () => {
  const row: TranscriptRow = {
    role: "user",
    content:
      "[Mon 2026-11-23 18:34 UTC] hello <<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>\nsecret plan\n<<<END_OPENCLAW_INTERNAL_CONTEXT>>>",
    timestamp: 1,
    __openclaw: { id: "u", seq: 1 },
  };
  assert.equal(toMessages([row], null)[0]?.text, "hello");
});

test("a history that is read in mid-answer sends no more than the words that are new", () => {
  const news: ChatInput[] = [
    { type: "started", runId: "run", at: 20 },
    { type: "text", runId: "run", seq: 1, text: "one", at: 21 },
    { type: "history", rows: [], hasMore: false, run: { runId: "run", text: "one two", startedAt: 3 } },
    { type: "text", runId: "run", seq: 2, text: "one two three", at: 22 },
  ];
  const events: ChatEvent[] = [];
  news.reduce((before, input) => {
    const after = merge(before, input);
    events.push(...difference(present(before), present(after), after.ended));
    return after;
  }, emptyView);
  assert.deepEqual(
    events.map((event) => (event.type === "delta" ? event.text : event.type)),
    ["run", "one", " two", " three"],
  );
});

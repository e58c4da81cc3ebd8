import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ChatMessage } from "@smartclaw/contracts";
import { type ChatAction, type ChatState, emptyChat, reduceChat } from "./chat-store.ts";

const message = (id: string, clientId: string | null = null): ChatMessage => ({
  id,
  role: clientId === null ? "assistant" : "user",
  text: id,
  at: 1,
  tools: [],
  stopped: false,
  clientId,
});
const snapshot = (messages: ChatMessage[]): ChatAction => ({
  type: "snapshot",
  messages,
  run: null,
  hasMore: false,
});
const after = (...actions: ChatAction[]): ChatState => actions.reduce(reduceChat, emptyChat);

test("a sent message is shown once, however its echo and its receipt are ordered", () => {
  const sending: ChatAction = { type: "sending", clientId: "c1", text: "hi", at: 1 };
  const sent: ChatAction = { type: "sent", clientId: "c1" };
  const echo: ChatAction = { type: "message", message: message("m1", "c1") };
  for (const order of [
    [sent, echo],
    [echo, sent],
    [echo, echo, sent],
  ] as const) {
    const state = after(sending, ...order);
    assert.deepEqual([state.messages.length, state.outgoing.length], [1, 0]);
  }
});

test("after any interruption the snapshot decides; nothing is lost or doubled", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(9), { maxLength: 30 }), fc.nat(9), (seen, count) => {
      const full = Array.from({ length: count }, (_, index) => message(`m${index}`));
      const noise = seen.map((index): ChatAction => ({ type: "message", message: message(`m${index}`) }));
      const ids = after(...noise, { type: "reset" }, snapshot(full)).messages.map(({ id }) => id);
      assert.deepEqual(
        ids,
        full.map(({ id }) => id),
      );
      const again = after(snapshot(full), ...noise.slice(0, 3), snapshot(full)).messages.map(({ id }) => id);
      assert.deepEqual([...new Set(again)], again);
      for (const { id } of full) assert.ok(again.includes(id));
    }),
  );
});

test("what is on its way survives a snapshot that does not have it yet", () => {
  const state = after({ type: "sending", clientId: "c9", text: "hello", at: 1 }, snapshot([message("m1")]));
  assert.equal(state.outgoing[0]?.text, "hello");
});

test("deltas of another run are not mixed in", () => {
  const run = { runId: "r1", text: "a", tools: [], startedAt: 1 };
  const state = after(
    { type: "run", run },
    { type: "delta", runId: "r0", text: "x" },
    { type: "delta", runId: "r1", text: "b" },
  );
  assert.equal(state.run?.text, "ab");
});

test("pages loaded earlier stay in front of a later snapshot", () => {
  const state = after(
    snapshot([message("m3"), message("m4")]),
    { type: "earlier", messages: [message("m1"), message("m2"), message("m3")], hasMore: true },
    snapshot([message("m3"), message("m4"), message("m5")]),
  );
  assert.deepEqual(
    state.messages.map(({ id }) => id),
    ["m1", "m2", "m3", "m4", "m5"],
  );
  assert.equal(state.hasMore, true);
});

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { type ChatEvent, conversationId, type ErrorReport, type Log } from "@smartclaw/contracts";
import { createChat, type Gateway, systemTimer } from "@smartclaw/openclaw";
import { openFailureBook } from "./provider-faults-book.ts";
import { explainFailures } from "./provider-faults-chat.ts";
import { createProviderFaults } from "./provider-faults.ts";

const folder = mkdtempSync(join(tmpdir(), "sc-failures-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const quiet: Log = { info() {}, warn() {}, error() {} };
const id = conversationId.parse("agent:main:one");
const other = conversationId.parse("agent:main:two");
const refused: ErrorReport = { code: "KEY_REJECTED", message: "A refused the key.", next: "Paste another." };
const busy: ErrorReport = { code: "PROVIDER_RATE_LIMITED", message: "B takes no more.", next: "Wait." };

type Listener = Parameters<Gateway["onEvent"]>[0];

/** A stand-in for OpenClaw's gateway: it says what the real one (2026.9.6) says of turns that fail. */
function gatewayStandIn() {
  const rows = new Map<string, object[]>();
  const listeners = new Set<Listener>();
  const gateway: Gateway = {
    connect() {},
    close() {},
    connected: () => true,
    async request(method, params, answer) {
      const { sessionKey = "" } = params as { sessionKey?: string };
      if (method === "chat.history") return answer.parse({ messages: rows.get(sessionKey) ?? [] });
      return answer.parse(method === "sessions.delete" ? { deleted: true } : {});
    },
    onEvent(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    onConnection: () => () => undefined,
  };
  const emit = (event: string, payload: object): void => {
    for (const listener of listeners) listener({ event, payload });
  };
  return {
    gateway,
    begin: (sessionKey: string, runId: string) =>
      emit("chat", { sessionKey, runId, seq: 1, state: "status", phase: "starting_model" }),
    /** The row of the failed turn, and both events with which the gateway ends it. */
    fail(sessionKey: string, runId: string, text: string) {
      const known = rows.get(sessionKey) ?? [];
      const row = {
        role: "assistant",
        content: [{ type: "text", text }],
        stopReason: "error",
        timestamp: 1,
        __openclaw: { id: `row-${runId}`, seq: known.length + 1, runId },
      };
      rows.set(sessionKey, [...known, row]);
      emit("session.message", { sessionKey });
      const errorMessage = "LLM request failed: provider rejected the request schema or tool payload.";
      emit("chat", { sessionKey, runId, seq: 9, state: "error", errorMessage });
      emit("chat", {
        sessionKey,
        runId,
        seq: 1,
        state: "error",
        errorMessage: "⚠️ Agent failed before reply",
      });
    },
  };
}

let serial = 0;
function start(standIn: ReturnType<typeof gatewayStandIn>, file = join(folder, `${++serial}.json`)) {
  const faults = createProviderFaults({ clock: Date });
  const plain = createChat({
    gateway: standIn.gateway,
    clock: Date,
    setTimer: systemTimer,
    newId: () => "unused",
    log: quiet,
  });
  const chat = explainFailures({ chat: plain, faults, book: openFailureBook({ file, log: quiet }) });
  return { chat, faults, file };
}

const notice = "⚠️ LLM request failed (request format rejected, HTTP 400).";
const texts = async (chat: ReturnType<typeof start>["chat"], conversation = id): Promise<string[]> =>
  (await chat.history({ id: conversation, limit: 10 })).messages.map(({ text }) => text);

test("a failed turn says the same as it ends, in a new snapshot, in the history and after a restart", async () => {
  const standIn = gatewayStandIn();
  const { chat, faults, file } = start(standIn);
  const seen: ChatEvent[] = [];
  const stop = new AbortController();
  const reading = (async () => {
    for await (const event of chat.events({ id }, stop.signal)) {
      seen.push(event);
      if (event.type === "snapshot") standIn.begin(id, "run-1");
      if (event.type === "run") {
        faults.failed({ conversation: id }, refused);
        standIn.fail(id, "run-1", `${notice}\n\nhalf an answer`);
      }
      if (event.type === "end") stop.abort();
    }
  })();
  await reading;
  const said = "half an answer\n\nA refused the key. Paste another.";
  const end = seen.find((event) => event.type === "end");
  const shown = seen.find((event) => event.type === "message");
  assert.deepEqual([end?.error, shown?.message.text], [refused, said]);

  assert.deepEqual(await texts(chat), [said]);
  const again = start(standIn, file).chat;
  assert.deepEqual(await texts(again), [said]);
  for await (const event of again.events({ id }, AbortSignal.timeout(5_000))) {
    assert.ok(event.type === "snapshot");
    assert.deepEqual(
      event.messages.map(({ text, role }) => [text, role]),
      [[said, "system"]],
    );
    break;
  }
});

test("conversations that nobody looks at and that fail at once keep each its own sentence", async () => {
  const standIn = gatewayStandIn();
  const { chat, faults } = start(standIn);
  faults.failed({ conversation: id }, refused);
  faults.failed({ conversation: other }, busy);
  standIn.fail(other, "run-2", notice);
  standIn.fail(id, "run-1", notice);
  assert.deepEqual(await texts(chat, id), ["A refused the key. Paste another."]);
  assert.deepEqual(await texts(chat, other), ["B takes no more. Wait."]);
});

test("without a fault of the provider the sentence stays that the page showed as the turn ended", async () => {
  const standIn = gatewayStandIn();
  const { chat } = start(standIn);
  standIn.fail(id, "run-1", "what was written\nso far");
  const [text = ""] = await texts(chat);
  assert.match(
    text,
    /^what was written\nso far\n\nThere is no answer: LLM request failed: provider rejected/,
  );
});

test("the sentences of a deleted conversation go with it; others stay", async () => {
  const standIn = gatewayStandIn();
  const { chat, faults, file } = start(standIn);
  for (const conversation of [id, other]) {
    faults.failed({ conversation }, refused);
    standIn.fail(conversation, `run of ${conversation}`, notice);
  }
  await chat.remove({ id });
  const stored = JSON.parse(readFileSync(file, "utf8")) as { conversation: string }[];
  assert.deepEqual(
    stored.map(({ conversation }) => conversation),
    [other],
  );
  assert.deepEqual(await texts(chat, id), [notice]);
});

test("the newest 500 sentences are kept, also when the file cannot be written", () => {
  const file = join(folder, "no-such-folder", "book.json");
  const book = openFailureBook({ file, log: quiet });
  for (let run = 0; run < 510; run++) book.write(id, `run-${run}`, refused);
  assert.deepEqual([book.find(id, "run-9"), book.find(id, "run-10")], [null, refused]);
});

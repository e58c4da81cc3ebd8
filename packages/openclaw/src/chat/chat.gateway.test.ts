import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import type { ChatEvent, ConversationId } from "@smartclaw/contracts";
import { z } from "zod";
import {
  createRealGateway,
  quietLog,
  skipWithoutOpenclaw,
  until,
  type RealGateway,
} from "../gateway/testing/real-gateway.ts";
import { takeTurnAside } from "../rehearsal/turn-aside.ts";
import { systemTimer } from "../supervisor/timers.ts";
import { createChat, type Chat, type EndedRun } from "./chat.ts";
import { trialConversation } from "./sessions.ts";

let real: RealGateway;
let chat: Chat;

function newChat(): Chat {
  return createChat({
    gateway: real.gateway,
    clock: Date,
    setTimer: systemTimer,
    newId: randomUUID,
    log: quietLog,
  });
}

/** Collects a conversation's events until it is closed. */
function follow(id: ConversationId, from = chat) {
  const events: ChatEvent[] = [];
  const controller = new AbortController();
  const done = (async () => {
    for await (const event of from.events({ id }, controller.signal)) events.push(event);
  })();
  const has = (type: ChatEvent["type"]) => events.some((event) => event.type === type);
  return {
    events,
    has,
    async until(type: ChatEvent["type"]) {
      await until(() => has(type), 90_000).catch(() =>
        assert.fail(`no ${type} after ${JSON.stringify(events).slice(-1500)}`),
      );
    },
    ended: () => events.find((event) => event.type === "end"),
    snapshots: () => events.filter((event) => event.type === "snapshot"),
    messages: () => events.filter((event) => event.type === "message").map((event) => event.message),
    streamed: () => events.map((event) => (event.type === "delta" ? event.text : "")).join(""),
    async close() {
      controller.abort();
      await done;
    },
  };
}

const say = (conversation: ConversationId, text: string, clientId = randomUUID()) =>
  chat.send({ conversation, text, clientId });

test("chat through the real gateway", { skip: skipWithoutOpenclaw, concurrency: 1 }, async (t) => {
  before(async () => {
    real = await createRealGateway({ limits: { backOffMs: 200 }, extra: { tools: {} } });
    real.supervisor.start();
    await real.reach("ready");
    await until(() => real.gateway.connected());
    chat = newChat();
  });
  after(async () => await real.dispose());

  await t.test("streams an answer, and history and list have it", async () => {
    const { id } = await chat.create({ title: "First" });
    const view = follow(id);
    await view.until("snapshot");
    const { runId } = await say(id, "SAY something");
    await view.until("end");
    assert.deepEqual(view.ended(), { type: "end", runId, outcome: "final", error: null });
    assert.equal(view.streamed(), "w0 w1 w2 w3 w4 w5 w6 w7 w8 w9");
    const [asked, answered, ...more] = view.messages();
    assert.equal(more.length, 0);
    assert.deepEqual([asked?.role, asked?.text], ["user", "SAY something"]);
    assert.deepEqual([answered?.role, answered?.text], ["assistant", "w0 w1 w2 w3 w4 w5 w6 w7 w8 w9"]);
    const { messages, hasMore } = await chat.history({ id, limit: 10 });
    assert.deepEqual(messages, [asked, answered]);
    assert.equal(hasMore, false);
    const [listed] = await chat.list();
    assert.deepEqual([listed?.id, listed?.title, listed?.running], [id, "First", false]);
    await view.close();
  });

  await t.test("stop keeps what was written and says that it was stopped", async () => {
    const { id } = await chat.create({});
    const view = follow(id);
    await view.until("snapshot");
    await say(id, "SLOW answer");
    await view.until("delta");
    assert.deepEqual(await chat.stop({ id }), { stopped: true });
    await view.until("end");
    assert.equal(view.ended()?.outcome, "stopped");
    const partial = view.messages().find((message) => message.role === "assistant");
    assert.equal(partial?.stopped, true);
    assert.ok(partial.text.startsWith("w0"));
    assert.deepEqual(await chat.stop({ id }), { stopped: false });
    await view.close();
  });

  await t.test("two conversations at once do not mix", async () => {
    const [one, two] = [await chat.create({}), await chat.create({})];
    const views = [follow(one.id), follow(two.id)];
    await Promise.all(views.map((view) => view.until("snapshot")));
    await Promise.all([say(one.id, "SAY one"), say(two.id, "SAY two")]);
    await Promise.all(views.map((view) => view.until("end")));
    assert.deepEqual(
      views.map((view) => view.messages().map((message) => message.role === "user" && message.text)),
      [
        ["SAY one", false],
        ["SAY two", false],
      ],
    );
    await Promise.all(views.map((view) => view.close()));
  });

  await t.test("the same message sent again is one message", async () => {
    const { id } = await chat.create({});
    const clientId = randomUUID();
    const runs = await Promise.all([say(id, "SAY once", clientId), say(id, "SAY once", clientId)]);
    const view = follow(id);
    await until(async () => (await chat.history({ id, limit: 10 })).messages.length === 2);
    runs.push(
      await say(id, "SAY once", clientId),
      await newChat().send({ conversation: id, text: "SAY once", clientId }),
    );
    assert.equal(new Set(runs.map((run) => run.runId)).size, 1);
    const { messages } = await chat.history({ id, limit: 10 });
    assert.deepEqual(
      messages.map((message) => message.clientId),
      [clientId, null],
    );
    await view.close();
  });

  await t.test("tools are shown while they run and afterwards", async () => {
    const { id } = await chat.create({});
    const view = follow(id);
    await view.until("snapshot");
    await say(id, "RUN echo hello-from-tool END");
    await view.until("end");
    const live = view.events.flatMap((event) => (event.type === "tool" ? [event.tool] : []));
    assert.ok(
      live.length > 0 || view.events.some((event) => event.type === "run" && event.run.tools.length > 0),
    );
    const tools = view.messages().flatMap((message) => message.tools);
    const [tool] = tools.slice(-1);
    assert.deepEqual(
      [tool?.name, tool?.summary, tool?.state, tool?.result],
      ["exec", "echo hello-from-tool", "done", "hello-from-tool"],
    );
    const { messages } = await chat.history({ id, limit: 10 });
    assert.deepEqual(
      messages.map((message) => message.text),
      ["RUN echo hello-from-tool END", "Let me look.", "w0 w1 w2 w3 w4 w5 w6 w7 w8 w9"],
    );
    await view.close();
  });

  await t.test("names, pages and removal", async () => {
    const [one, two] = [await chat.create({}), await chat.create({})];
    assert.equal((await chat.rename({ id: one.id, title: "Garden" })).title, "Garden");
    assert.equal((await chat.rename({ id: two.id, title: "Garden" })).title, "Garden (2)");
    for (const text of ["SAY a", "SAY b"]) {
      const view = follow(one.id);
      await view.until("snapshot");
      await say(one.id, text);
      await view.until("end");
      await view.close();
    }
    const { id: unnamed } = await chat.create({});
    await say(unnamed, "SAY what grows in the shade of an old\tand very tall tree?\nThanks");
    const titles = async () => (await chat.list()).map(({ title }) => title);
    await until(async () => (await titles()).includes("SAY what grows in the shade of an old and very…"));
    assert.ok((await titles()).includes("Garden"));
    const last = await chat.history({ id: one.id, limit: 2 });
    assert.equal(last.hasMore, true);
    const earlier = await chat.history({ id: one.id, limit: 2, before: last.messages[0]!.id });
    assert.deepEqual(earlier.messages.map((message) => message.text).slice(0, 1), ["SAY a"]);
    assert.equal(earlier.hasMore, false);
    assert.deepEqual(await chat.remove({ id: two.id }), { removed: true });
    assert.deepEqual(await chat.remove({ id: two.id }), { removed: false });
    await assert.rejects(chat.rename({ id: two.id, title: "x" }), { code: "NOT_FOUND" });
  });

  await t.test(
    "a killed gateway comes back, goes on with the answer, and nothing is lost or doubled",
    async () => {
      const { id } = await chat.create({});
      const view = follow(id);
      await view.until("snapshot");
      const clientId = randomUUID();
      await say(id, "SLOW long answer", clientId);
      await view.until("delta");
      const { pid } = real.supervisor.state();
      process.kill(pid!, "SIGKILL");
      await view.until("interrupted");
      await assert.rejects(chat.list(), { code: "GATEWAY_NOT_READY" });
      await until(() => real.supervisor.state().pid !== pid);
      await real.reach("ready");
      await until(() => view.snapshots().length >= 2);
      await say(id, "SLOW long answer", clientId);
      const asked = (await chat.history({ id, limit: 20 })).messages.filter(
        (message) => message.role === "user",
      );
      assert.deepEqual(
        asked.map((message) => message.text),
        ["SLOW long answer"],
      );
      // OpenClaw takes the interrupted turn up again by itself.
      const since = () => view.events.slice(view.events.findLastIndex((event) => event.type === "snapshot"));
      await until(() => since().some((event) => event.type === "delta"), 180_000);
      await chat.stop({ id });
      await until(() => since().some((event) => event.type === "end"));
      const { messages } = await chat.history({ id, limit: 20 });
      assert.deepEqual(
        messages.map((message) => message.role),
        ["user", "system", "assistant"],
      );
      assert.match(messages[1]!.text, /goes on with it by itself/);
      await view.close();
    },
  );

  await t.test("the turn of a trial takes place beside the others, and leaves nothing", async () => {
    const key = trialConversation;
    const sessions = async (): Promise<string> =>
      JSON.stringify(await real.gateway.request("sessions.list", { limit: 500 }, z.unknown()));
    // As of one that was cut off.
    await real.gateway.request("sessions.create", { key }, z.unknown());
    await say(key, "Before this one");
    await until(async () => (await chat.history({ id: key, limit: 10 })).messages.length === 2);
    assert.ok((await sessions()).includes(key));
    assert.ok((await chat.list()).every(({ id }) => id !== key));
    const turn = (word: string): Promise<void> =>
      takeTurnAside(word, "local/stand-in", {
        chat,
        gateway: real.gateway,
        version: "1.2.3",
        newId: randomUUID,
        log: quietLog,
        turnMs: 60_000,
        signal: new AbortController().signal,
      });
    await turn("w9");
    await assert.rejects(turn("another word"), {
      code: "UPDATE_UNHEALTHY",
      message: /OpenClaw 1\.2\.3 started/,
    });
    assert.ok(!(await sessions()).includes(key));
  });

  // Last, since OpenClaw refuses to ask a provider again for a minute after it rejected the key.
  await t.test("a rejected key ends in one sentence", async () => {
    const { id } = await chat.create({});
    const told: EndedRun[] = [];
    chat.onRunEnded((ended) => told.push(ended));
    const view = follow(id);
    await view.until("snapshot");
    const { runId } = await say(id, "FAIL401 please");
    await view.until("end");
    const end = view.ended();
    assert.equal(end?.outcome, "error");
    assert.equal(end.error?.code, "KEY_REJECTED");
    assert.match(end.error.message, /^There is no answer.*rejected the key\./);
    assert.deepEqual(told, [{ conversation: id, runId, end: { outcome: "error", error: end.error } }]);
    const last = (await chat.history({ id, limit: 10 })).messages.at(-1);
    assert.equal(last?.failed?.runId, runId);
    assert.equal(last.text, last.failed.reason);
    await view.close();
  });
});

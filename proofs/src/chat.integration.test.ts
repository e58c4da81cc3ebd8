/** The whole product under faults: the built daemon, the real OpenClaw, a stand-in for the provider. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { ConnectionId, ConversationId } from "@smartclaw/contracts";
import { type ProviderStandIn, startProviderStandIn } from "@smartclaw/egress/testing";
import { startHouse, type TestHouse } from "./smartclaw.ts";

const skip =
  process.env["SMARTCLAW_TEST_RELEASES"] === undefined
    ? "no installed OpenClaw (SMARTCLAW_TEST_RELEASES)"
    : false;
const home = mkdtempSync(join(tmpdir(), "sc-chat-"));
const providerKey = "sk-chat-0123456789";
let provider: ProviderStandIn;
let house: TestHouse;
let conversation: ConversationId;
let connection: ConnectionId;

before(async () => {
  if (skip !== false) return;
  provider = await startProviderStandIn({ key: providerKey });
  house = await startHouse(home, {});
  await house.client.vault.setup({ kind: "passphrase", passphrase: "a passphrase for this test" });
  const added = await house.client.keys.add({
    kind: "compatible",
    label: "Stand-in",
    baseUrl: `${provider.url}/v1`,
    key: providerKey,
  });
  assert.ok(added.connection !== null);
  connection = added.connection.id;
  conversation = (await house.client.chat.create({})).id;
});
after(async () => {
  await house?.stop();
  await provider?.close();
  rmSync(home, { recursive: true, force: true });
});

test("with Agentic Mode off no tool that the model asks for does anything", { skip }, async () => {
  const marker = join(home, "ran");
  for (const [name, input] of [
    ["exec", { command: `touch ${marker}` }],
    ["write", { path: marker, content: "x" }],
    ["tool_call", { id: "exec", arguments: { command: `touch ${marker}` } }],
    ["process", { action: "write", data: `touch ${marker}\n` }],
    ["web_fetch", { url: "http://127.0.0.1:1/" }],
  ] as const) {
    provider.script({ kind: "tool", name, input });
    const { outcome } = await house.turn(conversation, `use ${name}`);
    assert.equal(outcome, "final", name);
    assert.equal(existsSync(marker), false, name);
  }
});

test(
  "every fault of the provider is one clear sentence within seconds, and the next answer works",
  { skip },
  async () => {
    for (const [behaviour, sentence] of [
      [{ kind: "status", status: 401, body: "{}" }, /^Stand-in refused the key/],
      [
        { kind: "status", status: 429, body: '{"error":{"message":"rate limit, quota"}}' },
        /^Stand-in takes no more for now/,
      ],
      [{ kind: "status", status: 500, body: "" }, /^Stand-in has a fault of its own/],
      [{ kind: "garbage" }, /^Stand-in answered with something that is not an answer/],
      [{ kind: "break", text: "a b c d e f g h" }, /^Stand-in broke off in the middle/],
    ] as const) {
      provider.fallback(() => behaviour);
      const started = Date.now();
      const failed = await house.turn(conversation, "a question");
      assert.equal(failed.outcome, "error");
      assert.match(failed.text, sentence);
      assert.ok(Date.now() - started < 15_000, `${Date.now() - started} ms`);
      provider.fallback(() => ({ kind: "answer", text: "all is well" }));
      assert.deepEqual(await house.turn(conversation, "another"), { text: "all is well", outcome: "final" });
    }
  },
);

test(
  "each protocol gives an answer, and a new default holds from the next message on",
  { skip },
  async () => {
    const ways = [
      ["openai-completions", "/v1", "/v1/chat/completions"],
      ["openai-responses", "/v1", "/v1/responses"],
      ["anthropic-messages", "", "/v1/messages"],
      ["google-generative-ai", "/v1beta", "/v1beta/models/"],
    ] as const;
    const added = [];
    for (const [api, base] of ways) {
      const request = { kind: "compatible", label: api, api, baseUrl: `${provider.url}${base}` } as const;
      const { connection: one, check } = await house.client.keys.add({ ...request, key: providerKey });
      assert.ok(one !== null, JSON.stringify(check));
      added.push(one.id);
    }
    provider.fallback(() => ({ kind: "answer", text: "all is well" }));
    for (const [index, id] of added.entries()) {
      await house.client.keys.setDefault({ id });
      const before = provider.requests.length;
      assert.deepEqual(await house.turn(conversation, "a question"), {
        text: "all is well",
        outcome: "final",
      });
      const paths = provider.requests.slice(before).map(({ path }) => path);
      assert.ok(paths.length > 0);
      for (const path of paths)
        assert.ok(path.startsWith(ways[index]?.[2] ?? ""), `${ways[index]?.[0]}: ${paths.join(", ")}`);
      provider.fallback(() => ({ kind: "break", text: "a b c d e f g h" }));
      const started = Date.now();
      const { text } = await house.turn(conversation, "another question");
      assert.match(text, /broke off in the middle/);
      assert.ok(Date.now() - started < 15_000, `${ways[index]?.[0]}: ${Date.now() - started} ms`);
      provider.fallback(() => ({ kind: "answer", text: "all is well" }));
    }
    await house.client.keys.setDefault({ id: connection });
    for (const id of added) await house.client.keys.remove({ id });
  },
);

test("OpenClaw killed in mid-answer comes back; what was acknowledged is there once", { skip }, async () => {
  provider.script({ kind: "answer", text: "word ".repeat(300), chunkDelayMs: 20 });
  const clientId = crypto.randomUUID();
  await house.client.chat.send({ conversation, text: "a question before the crash", clientId });
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  process.kill((await house.status()).openclaw.gateway.pid ?? 0, "SIGKILL");
  const deadline = Date.now() + 150_000;
  await new Promise((resolve) => setTimeout(resolve, 500));
  for (;;) {
    const { gateway } = (await house.status()).openclaw;
    if (gateway.phase === "ready" && gateway.restarts > 0) break;
    assert.ok(Date.now() < deadline, gateway.phase);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  await house.client.chat.send({ conversation, text: "a question before the crash", clientId });
  const { messages } = await house.client.chat.history({ id: conversation, limit: 200 });
  assert.equal(messages.filter(({ text }) => text === "a question before the crash").length, 1);
});

test("a deleted key is gone at once", { skip }, async () => {
  await house.client.keys.remove({ id: connection });
  const before = provider.requests.length;
  assert.deepEqual(await house.client.keys.list(), []);
  const { outcome } = await house.turn(conversation, "is anyone there?").catch(() => ({ outcome: "error" }));
  assert.equal(outcome, "error");
  assert.equal(provider.requests.length, before);
});

test(
  "turns that fail at once say each why, in the same words live, after a reload and after a restart",
  { skip },
  async () => {
    const ways = [
      ["openai-completions", "/v1"],
      ["openai-responses", "/v1"],
      ["anthropic-messages", ""],
      ["google-generative-ai", "/v1beta"],
    ] as const;
    /** The last words of a conversation: in its history, and as a page that is loaded gets them. */
    const lastWords = async (id: ConversationId): Promise<(string | undefined)[]> => {
      const { messages } = await house.client.chat.history({ id, limit: 10 });
      const controller = new AbortController();
      for await (const event of await house.client.chat.events({ id }, { signal: controller.signal })) {
        controller.abort();
        assert.ok(event.type === "snapshot");
        return [messages.at(-1)?.text, event.messages.at(-1)?.text];
      }
      return [];
    };
    const said = new Map<ConversationId, string>();
    for (const [api, base] of ways) {
      provider.fallback(() => ({ kind: "answer", text: "all is well" }));
      const request = { kind: "compatible", label: api, api, baseUrl: `${provider.url}${base}` } as const;
      const { connection: one, check } = await house.client.keys.add({ ...request, key: providerKey });
      assert.ok(one !== null, JSON.stringify(check));
      await house.client.keys.setDefault({ id: one.id });
      const [refused, busy] = [await house.client.chat.create({}), await house.client.chat.create({})];
      provider.fallback(({ body }) =>
        body.includes("the first question")
          ? {
              kind: "status",
              status: 401,
              body: JSON.stringify({ error: { message: `bad ${providerKey}` } }),
            }
          : { kind: "status", status: 429 },
      );
      const ends = await Promise.all([
        house.turn(refused.id, "the first question"),
        house.turn(busy.id, "another question"),
      ]);
      assert.match(ends[0].text, new RegExp(`^${api} refused the key`));
      assert.match(ends[1].text, new RegExp(`^${api} takes no more for now`));
      for (const [index, { id }] of [refused, busy].entries()) {
        const [history = "", snapshot] = await lastWords(id);
        assert.ok(history.startsWith(ends[index]?.text ?? "-"), `${api}: ${history}`);
        assert.match(history, /(Keys page|account there)\.$/, "it ends with what to do");
        assert.equal(snapshot, history);
        said.set(id, history);
      }
      // In the middle of a turn, after a tool, and in a conversation that has failed before.
      provider.script({ kind: "tool", name: "session_status", input: {} }, { kind: "status", status: 500 });
      const { text } = await house.turn(busy.id, "a question with a tool");
      assert.match(text, new RegExp(`^${api} has a fault of its own`));
      const [history = ""] = await lastWords(busy.id);
      said.set(busy.id, history);
    }
    await house.stop();
    assert.ok(!readFileSync(join(home, "failed-turns.json"), "utf8").includes(providerKey));
    await house.start();
    for (const [id, words] of said) assert.deepEqual(await lastWords(id), [words, words]);
  },
);

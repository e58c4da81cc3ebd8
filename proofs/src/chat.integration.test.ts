/** The whole product under faults: the built daemon, the real OpenClaw, a stand-in for the provider. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
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
let provider: ProviderStandIn;
let house: TestHouse;
let conversation: ConversationId;
let connection: ConnectionId;

before(async () => {
  if (skip !== false) return;
  provider = await startProviderStandIn({ key: "sk-chat-0123456789" });
  house = await startHouse(home, {});
  await house.client.vault.setup({ kind: "passphrase", passphrase: "a passphrase for this test" });
  const added = await house.client.keys.add({
    kind: "compatible",
    label: "Stand-in",
    baseUrl: `${provider.url}/v1`,
    key: "sk-chat-0123456789",
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

test("OpenClaw killed in mid-answer comes back; what was acknowledged is there once", { skip }, async () => {
  provider.script({ kind: "answer", text: "word ".repeat(300), chunkDelayMs: 20 });
  const clientId = crypto.randomUUID();
  await house.client.chat.send({ conversation, text: "a question before the crash", clientId });
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  process.kill((await house.status()).openclaw.gateway.pid ?? 0, "SIGKILL");
  const deadline = Date.now() + 60_000;
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

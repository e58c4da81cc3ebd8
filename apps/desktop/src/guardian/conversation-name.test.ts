import assert from "node:assert/strict";
import { test } from "node:test";
import { type Conversation, conversationId } from "@smartclaw/contracts";
import { conversationName } from "./conversation-name.ts";

const taxes: Conversation = {
  id: conversationId.parse("agent:main:1"),
  title: "Taxes",
  updatedAt: 0,
  model: null,
  running: false,
};

test("a conversation has its title, and everything else none", async () => {
  const list = () => Promise.resolve([taxes]);
  assert.equal(await conversationName(list, "agent:main:1"), "Taxes");
  assert.equal(await conversationName(list, "agent:main:cron:1"), null);
});

test("an OpenClaw that fails or does not answer leaves it without a title", async () => {
  assert.equal(await conversationName(() => Promise.reject(new Error("away")), "agent:main:1"), null);
  assert.equal(await conversationName(() => new Promise(() => undefined), "agent:main:1"), null);
});

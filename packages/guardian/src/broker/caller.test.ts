import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isOwn } from "../grants/grant.ts";
import { callersOf } from "./caller.ts";

const own = "agent:main:2f1c7a52-31a4-4b6d-9d32-111111111111";

test("the owner's own conversations are the owner's", () => {
  assert.deepEqual(callersOf(own, true), ["owner", `session:${own}`]);
  assert.deepEqual(callersOf(own, null), ["owner", `session:${own}`]);
  assert.deepEqual(callersOf("agent:main:main", true), ["owner", "session:agent:main:main"]);
});

test("what somebody else wrote there is not", () => {
  assert.deepEqual(callersOf("agent:main:main", false), ["channel:agent:main:main"]);
  assert.deepEqual(callersOf(own, false), [`channel:${own}`]);
});

test("a scheduled job has its own name, whoever it says that it is", () => {
  for (const isOwner of [true, false, null]) {
    assert.deepEqual(callersOf("agent:main:cron:job7:run:1", isOwner), ["cron:job7"]);
    assert.deepEqual(callersOf("agent:main:cron", isOwner), ["cron:"]);
  }
});

test("what a conversation started is the owner's only where OpenClaw says so", () => {
  const session = "agent:main:subagent:9c";
  assert.deepEqual(callersOf(session, true), ["owner", `session:${session}`]);
  assert.deepEqual(callersOf(session, null), [`subagent:${session}`]);
  assert.deepEqual(callersOf(session, false), [`channel:${session}`]);
});

test("channels, hooks and whatever else OpenClaw calls a conversation may not even ask", () => {
  const sessions = [
    "agent:main:telegram:direct:17",
    "agent:main:discord:group:owner",
    "agent:main:main:thread:1",
    "agent:main:hook:abc",
    "agent:main:CRON:job",
    "agent:main:Subagent:x",
    "agent:main:",
    "agent::main",
    "agent:main",
    "owner",
    "session:x",
    "cron:job7",
    "",
    " agent:main:main",
  ];
  for (const session of sessions)
    for (const isOwner of [true, false, null]) {
      const callers = callersOf(session, isOwner);
      assert.ok(
        callers.every((one) => one.startsWith("channel:")),
        `${session} ${callers.join()}`,
      );
      assert.ok(!callers.some(isOwn), session);
    }
});

test("no name of a conversation makes somebody else the owner", () => {
  const part = fc.constantFrom("agent", "main", "cron", "subagent", "owner", "telegram", "session", "", "x");
  fc.assert(
    fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
      const callers = callersOf(parts.join(":"), false);
      assert.ok(!callers.includes("owner"));
      assert.ok(!callers.some((one) => one.startsWith("session:")));
    }),
  );
});

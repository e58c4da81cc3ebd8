import assert from "node:assert/strict";
import { test } from "node:test";
import { type ActionEffect, conversationId, type GuardianRequest } from "@smartclaw/contracts";
import { choicesOf, oldestFirst, requestParts, sizeWords } from "./request-words.ts";
import { textOf } from "./words.ts";

const request: GuardianRequest = {
  id: "one",
  hash: "h",
  at: 5,
  expiresAt: 10,
  asks: "The assistant",
  conversation: conversationId.parse("agent:main:main"),
  tool: "exec",
  text: "git push",
  folder: "/home/u",
  effects: [],
  reasons: [],
  risk: "green",
  forSession: [],
};
const words = (effects: readonly ActionEffect[]): string =>
  textOf(requestParts({ ...request, effects: [...effects] }));

test("what is wanted is a sentence, what takes away first", () => {
  assert.equal(words([]), "wants to use exec");
  assert.equal(words([{ kind: "run", what: "git push" }]), "wants to run git push");
  assert.equal(
    words([
      { kind: "read", what: "/a" },
      { kind: "read", what: "/b" },
      { kind: "read", what: "/a" },
      { kind: "run", what: "rm" },
      { kind: "remove", what: "/a/b" },
    ]),
    "wants to remove /a/b, run rm and read 2 places",
  );
  assert.equal(
    words([
      { kind: "browse", what: "https://a.org" },
      { kind: "act", what: "https://b.org" },
    ]),
    "wants to click and type on https://b.org and open pages of https://a.org",
  );
  assert.equal(
    words([
      { kind: "send", what: "x".repeat(60) },
      { kind: "unknown", what: "eval" },
    ]),
    "wants to send to one host and do more than can be told beforehand",
  );
});

test("denying is always there and first; what is red is allowed once at most", () => {
  const answers = (change: Partial<GuardianRequest>): readonly string[] =>
    choicesOf({ ...request, ...change }).map(({ answer }) => answer);
  assert.deepEqual(answers({}), ["deny", "once", "session"]);
  for (const risk of ["green", "blue", "amber"] as const)
    assert.deepEqual(answers({ risk, forSession: null }), ["deny", "once"]);
  assert.deepEqual(answers({ risk: "red" }), ["deny", "once"]);
  assert.equal(choicesOf({ ...request, conversation: null })[2]?.label, "Allow for this session");
});

test("a long text says how long it is", () => {
  assert.equal(sizeWords("ls -l"), null);
  assert.equal(sizeWords("a\nb\nc\nd"), "4 lines, 7 characters");
  assert.equal(sizeWords("🦞".repeat(200)), "200 characters");
});

test("the oldest is asked first", () => {
  const younger = { ...request, id: "two", at: 9 };
  assert.deepEqual(
    oldestFirst([younger, request]).map(({ id }) => id),
    ["one", "two"],
  );
});

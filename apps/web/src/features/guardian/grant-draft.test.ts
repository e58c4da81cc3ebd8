import assert from "node:assert/strict";
import { test } from "node:test";
import type { GrantScope } from "@smartclaw/contracts";
import { callersOf, draftOf, emptyDraft, folderOf, type GrantDraft, scopeOf } from "./grant-draft.ts";

const made = (change: Partial<GrantDraft>): GrantScope | string => {
  const scoped = scopeOf({ ...emptyDraft, ...change });
  return "scope" in scoped ? scoped.scope : scoped.fault;
};

test("what is written becomes a scope", () => {
  assert.deepEqual(made({ text: "git commit -m 'a b'", rest: false }), {
    type: "run",
    words: ["git", "commit", "-m", "a b"],
    rest: false,
  });
  assert.deepEqual(made({ type: "read", text: " /home/u/Docs// " }), { type: "read", path: "/home/u/Docs" });
  assert.deepEqual(made({ type: "write", text: "/" }), { type: "write", path: "/" });
  assert.deepEqual(made({ type: "reach", text: "Example.ORG" }), { type: "reach", host: "example.org" });
  for (const [text, origin] of [
    [" Example.org ", "https://example.org"],
    ["https://example.org/", "https://example.org"],
    ["http://example.org", "http://example.org"],
    ["https://exämple.org", "https://xn--exmple-cua.org"],
  ] as const)
    assert.deepEqual(made({ type: "browse", text, may: "act" }), { type: "browse", origin, may: "act" });
});

test("what does not fit says why", () => {
  for (const change of [
    { text: "" },
    { text: "echo 'a" },
    { type: "read", text: "Docs" },
    { type: "write", text: "~/Docs" },
    { type: "reach", text: "https://example.org/x" },
    { type: "reach", text: "" },
    { type: "browse", text: "" },
    { type: "browse", text: "https://example.org/page" },
    { type: "browse", text: "https://user@example.org" },
    { type: "browse", text: "file:///etc" },
  ] as const)
    assert.equal(typeof made(change), "string");
  assert.equal(folderOf("home"), null);
  assert.equal(folderOf("/a/b/"), "/a/b");
});

test("a grant can be edited: its draft gives the same scope", () => {
  const scopes: readonly GrantScope[] = [
    { type: "run", words: ["git", "log", "two words", ""], rest: true },
    { type: "read", path: "/a b" },
    { type: "write", path: "/" },
    { type: "reach", host: "example.org" },
    { type: "browse", origin: "https://example.org", may: "act" },
  ];
  for (const scope of scopes) {
    const draft = draftOf({ effect: "deny", scope });
    assert.ok(draft);
    assert.deepEqual(scopeOf(draft), { scope });
  }
  assert.equal(draftOf({ effect: "allow", scope: { type: "undo" } }), null);
});

test("it says who may", () => {
  assert.deepEqual(callersOf({ who: "owner", job: "" }, null), ["owner"]);
  assert.deepEqual(callersOf({ who: "job", job: " backup " }, null), ["cron:backup"]);
  assert.equal(callersOf({ who: "everybody", job: "" }, ["owner"]), null);
  assert.deepEqual(callersOf({ who: "same", job: "" }, ["session:a"]), ["session:a"]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { detailsOf, kindWords, reasonOf } from "./audit-words.ts";

test("a kind is words", () => {
  assert.equal(kindWords("constructor"), "Constructor");
  assert.equal(kindWords("panic"), "Stopped everything");
  assert.equal(kindWords("grant-added"), "Grant added");
  assert.equal(kindWords("agenticMode.on"), "Agentic mode on");
});

test("the reason is told where there is one", () => {
  assert.equal(
    reasonOf({ body: { reasons: ["running git is not granted", "x"] } }),
    "running git is not granted; x",
  );
  assert.equal(reasonOf({ body: { reason: "you said so" } }), "you said so");
  for (const body of [{}, { reasons: [] }, { reason: 5 }, { reasons: [{}] }])
    assert.equal(reasonOf({ body }), null);
});

test("details are names and values, all of them", () => {
  const line = {
    seq: 7,
    at: 0,
    kind: "asked",
    text: "",
    body: {
      folder: "/a",
      ok: true,
      grantIds: ["a", "b"],
      none: [],
      exitCode: 0,
      more: { deep: 1 },
      who: null,
    },
  };
  assert.deepEqual(detailsOf(line), [
    ["Line", "7"],
    ["Kind", "asked"],
    ["Folder", "/a"],
    ["Ok", "yes"],
    ["Grant ids", "a\nb"],
    ["None", "none"],
    ["Exit code", "0"],
    ["More", '{\n "deep": 1\n}'],
    ["Who", "none"],
  ]);
  assert.doesNotMatch(detailsOf({ ...line, body: { endedAt: 1.9e12 } })[2]?.[1] ?? "", /^\d+$/);
});

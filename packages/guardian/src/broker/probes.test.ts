import assert from "node:assert/strict";
import { test } from "node:test";
import { createProbes } from "./probes.ts";

test("a probe is known by its word, once, and nobody else's call is one", () => {
  const probes = createProbes();
  const [first, second] = [probes.mint(), probes.mint()];
  assert.notEqual(first.word, second.word);
  for (const sessionKey of [undefined, null, "", 7, first.answer, `${first.word} `, [first.word]])
    assert.equal(probes.take({ params: { sessionKey } }), null);
  assert.equal(probes.take({ params: { other: first.word } }), null);
  assert.equal(probes.take({ params: { sessionKey: first.word } }), first.answer);
  assert.equal(probes.take({ params: { sessionKey: first.word } }), null);
  assert.equal(probes.take({ params: { sessionKey: second.word } }), second.answer);
});

test("those that nobody fires are forgotten", () => {
  const probes = createProbes();
  const old = probes.mint();
  for (let at = 0; at < 8; at++) probes.mint();
  assert.equal(probes.take({ params: { sessionKey: old.word } }), null);
});

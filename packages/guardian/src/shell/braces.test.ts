import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import fc from "fast-check";
import { expandBraces } from "./braces.ts";

/** What bash itself makes of a word; with its other expansions off. */
function bash(word: string): string[] {
  const script = `set -f; printf '%s\\0' ${word}`;
  return execFileSync("bash", ["--noprofile", "--norc", "-c", script], { encoding: "utf8" })
    .split("\0")
    .slice(0, -1);
}

/** What is left empty is no word. */
const isWord = (text: string): boolean => text !== "";

test("braces become the words that bash makes of them", () => {
  for (const word of [
    "a{b,c}d",
    "{1..3}",
    "{3..1}",
    "{01..10..3}",
    "{a..e..2}",
    "x{a,{b,c}}y",
    "{a}",
    "{}",
    "{a,b}{c,d}",
    "{,x}",
    "{-3..3..2}",
    "a}b",
    "{a,b,}",
  ])
    assert.deepEqual(expandBraces(word)?.filter(isWord), bash(word).filter(isWord), word);
});

test("braces that mean nothing, beside some that do, are left to bash", () => {
  for (const word of ["{a,b", "{{a,b}", "a{b}c{d,e}", "{1..a}", "{{}},}", "{1..1000}", "{a,b}}"])
    assert.equal(expandBraces(word), null, word);
});

test("whatever is put together of braces, commas and letters", () => {
  const word = fc.string({
    unit: fc.constantFrom("{", "}", ",", "a", "1", "..", "{a,b}", "{1..2}"),
    minLength: 1,
    maxLength: 9,
  });
  fc.assert(
    fc.property(word, (text) => {
      const ours = expandBraces(text);
      if (ours !== null) assert.deepEqual(ours.filter(isWord), bash(text).filter(isWord), text);
    }),
    { numRuns: 500 },
  );
});

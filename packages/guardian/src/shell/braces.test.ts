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
    "{a,b}{c,d}",
    "a{b",
    "a}b",
    "{,x}",
    "{-3..3..2}",
    "{a,b",
    "{{a,b}",
    "a{b}c{d,e}",
    "{1..a}",
    "{..}",
  ])
    assert.deepEqual(expandBraces(word)?.filter(isWord), bash(word).filter(isWord), word);
});

test("whatever is put together of braces, commas and letters", () => {
  const word = fc.string({
    unit: fc.constantFrom("{", "}", ",", "a", "1", ".."),
    minLength: 1,
    maxLength: 9,
  });
  fc.assert(
    fc.property(word, (text) => {
      const ours = expandBraces(text)?.filter(isWord);
      assert.deepEqual(ours, bash(text).filter(isWord), text);
    }),
    { numRuns: 150 },
  );
});

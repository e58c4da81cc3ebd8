import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readWords, writtenWords } from "./program-words.ts";

test("words are read as a shell without variables reads them", () => {
  assert.deepEqual(readWords("  git   status "), ["git", "status"]);
  assert.deepEqual(readWords(`git commit -m "two words" 'and ''more'`), [
    "git",
    "commit",
    "-m",
    "two words",
    "and more",
  ]);
  assert.deepEqual(readWords(String.raw`a\ b \'`), ["a b", "'"]);
  assert.deepEqual(readWords("$HOME *"), ["$HOME", "*"]);
  assert.deepEqual(readWords("echo ''"), ["echo", ""]);
  for (const open of [`echo "a`, "echo 'a", "echo \\"]) assert.equal(readWords(open), null);
});

test("what is written is read again as the same words", () => {
  const word = fc.oneof(fc.string(), fc.constantFrom("it's", "a b", "", "-rf", String.raw`\'`, '"'));
  fc.assert(fc.property(fc.array(word), (words) => assert.deepEqual(readWords(writtenWords(words)), words)));
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { deceptionsIn, hasForeignLetters, looksLikeOption } from "./deceptions.ts";

test("text that looks other than it is", () => {
  for (const text of [
    "ls\u202etxt.sh",
    "ls\u200bx",
    "ls\u00a0-la",
    "ls\r\ntouch x",
    "ls\u001b[2K",
    "ls\b\bx",
    "a\u0000b",
    "a\u2028b",
    "cat \u{e0041}x",
    "x\ufe0f",
    "a\u200db",
    "a\ud800b",
    `ls${" ".repeat(300)}; touch x`,
    `ls${"\n".repeat(60)}touch x`,
    `ls${"\t \n".repeat(45)}touch x`,
  ])
    assert.notDeepEqual(deceptionsIn(text), [], JSON.stringify(text));
});

test("text as people write it, in any language", () => {
  for (const text of [
    'echo "café ☕ — “so”"',
    "echo 日本語 русский עברית",
    "echo 👩‍👩‍👧 ❤️ 👍🏽",
    "a &&\n\n\nb\t# c",
    `echo ${" ".repeat(150)}x`,
    `ls${" ".repeat(300)}`,
  ])
    assert.deepEqual(deceptionsIn(text), [], JSON.stringify(text));
});

test("letters and dashes that are none of a program's", () => {
  assert.ok(hasForeignLetters("lѕ") && hasForeignLetters("ｌｓ") && hasForeignLetters("l\u0301s"));
  assert.ok(!hasForeignLetters("ls") && !hasForeignLetters("☕"));
  assert.ok(looksLikeOption("–la") && looksLikeOption("−r") && !looksLikeOption("-la"));
});

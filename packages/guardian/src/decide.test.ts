import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { worldOfLines } from "./check/world-of-lines.ts";
import { type CommandRequest, createDecider, type Decision } from "./decide.ts";
import type { Grant, Scope } from "./grants/grant.ts";
import type { World } from "./world/world.ts";

const world = worldOfLines();
const folder = "/home/u/proj";
const scopes: readonly Scope[] = [
  ...["ls", "cat", "rm", "git status", "cp", "echo", "sort", "find", "curl"].flatMap((text): Scope[] => [
    { type: "run", words: text.split(" "), rest: true },
    { type: "run", words: [...text.split(" "), "a.txt"], rest: false },
  ]),
  { type: "read", path: "/home/u/proj" },
  { type: "read", path: "/home/u/proj/src" },
  { type: "write", path: "/home/u/proj" },
  { type: "write", path: "/home/u/proj/build" },
  { type: "reach", host: "api.github.com" },
  { type: "undo" },
];
const commands = [
  "ls",
  "ls src",
  "cat a.txt",
  "rm a.txt",
  "rm -r build/tmp",
  "git status",
  "cp a.txt src/c",
  "echo x > notes.md",
  "sort -o build/x a.txt",
  "find src -name x",
  "curl -s https://api.github.com/",
  "ls && cat a.txt | sort",
  "env cat src/a.ts",
];
const grants = fc.array(
  fc.record({
    id: fc.nat().map(String),
    effect: fc.constantFrom("allow" as const, "allow" as const, "deny" as const),
    scope: fc.constantFrom(...scopes),
    callers: fc.constantFrom(["owner"], null, ["session:A"]),
    until: fc.constantFrom(null, 5, 15),
  }),
  { maxLength: 12 },
);
const decide = (request: CommandRequest, grants: readonly Grant[], on: World): Decision =>
  createDecider(grants, on)(request);
const request = (text: string) => ({ text, folder, caller: "owner", now: 10 });

test("one more grant that allows never takes an answer away, and one more that forbids never gives one", () => {
  fc.assert(
    fc.property(grants, grants, fc.constantFrom(...commands), (some, more, text) => {
      const before = decide(request(text), some, world).decision;
      const given = decide(
        request(text),
        [...some, ...more.map((one): Grant => ({ ...one, effect: "allow" }))],
        world,
      );
      const taken = decide(
        request(text),
        [...some, ...more.map((one): Grant => ({ ...one, effect: "deny" }))],
        world,
      );
      if (before === "allow") assert.equal(given.decision, "allow");
      if (before !== "allow") assert.notEqual(taken.decision, "allow");
    }),
    { numRuns: 2000 },
  );
});

test("whatever text it is, there is an answer, and without grants never a yes", () => {
  const pieces = fc.constantFrom(
    "ls",
    "rm",
    "-rf",
    "$x",
    "`",
    "'",
    '"',
    "$(",
    ")",
    "{",
    "}",
    "|",
    "&&",
    ";",
    "\n",
    ">",
    "<",
    "<<E",
    "E",
    "~",
    "*",
    "[",
    "]",
    "\\",
    "#",
    " ",
    "a=b",
    "((",
    "))",
    "if",
    "then",
    "fi",
    "for",
    "do",
    "done",
    "\u202e",
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 25 }), (parts) => {
      assert.notEqual(decide(request(parts.join(" ")), [], world).decision, "allow");
      assert.notEqual(decide(request(parts.join("")), [], world).decision, "allow");
    }),
    { numRuns: 3000 },
  );
});

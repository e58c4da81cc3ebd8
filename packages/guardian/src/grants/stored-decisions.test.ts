/** One more grant in the store never turns a decision the wrong way. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { worldOfLines } from "../check/world-of-lines.ts";
import { createDecider } from "../decide.ts";
import type { Scope } from "./grant.ts";
import type { GrantStore } from "./grant-store.ts";
import { day, grant, run, start, testPlace, until } from "./testing/test-store.ts";

const world = worldOfLines();
const lines = [
  "ls",
  "cat a.txt",
  "cat a.txt | sort > build/x",
  "rm a.txt",
  "rm -r build/tmp",
  "git status",
  "cp a.txt src/c",
  "curl -s https://api.github.com/",
  "npm test",
];
const scopes: readonly Scope[] = [
  ...["ls", "cat", "sort", "rm", "git", "git status", "cp", "curl"].map((line) => run(line)),
  run("npm test", false),
  { type: "read", path: "/home/u/proj" },
  { type: "write", path: "/home/u/proj" },
  { type: "write", path: "/home/u/proj/build" },
  { type: "read", path: "/home/u/proj/src" },
  { type: "reach", host: "api.github.com" },
  { type: "undo" },
];
const wanted = fc.record({
  scope: fc.constantFrom(...scopes),
  callers: fc.constantFrom(["owner"], ["owner", "session:A"], ["session:A"], ["channel:family"]),
  duration: fc.constantFrom(until(start + day), until(start + 100 * day)),
});

function decisions(store: GrantStore, now: number): readonly string[] {
  const decide = createDecider(store.effective(), world);
  return ["owner", "session:A", "channel:family", "telegram:id:42"].flatMap((caller) =>
    lines.map((text) => decide({ text, folder: "/home/u/proj", caller, now }).decision),
  );
}

test("one more that allows takes no answer away, one more that forbids gives none, and strangers have none", () => {
  fc.assert(
    fc.property(
      fc.array(wanted, { minLength: 1, maxLength: 12 }),
      fc.array(fc.tuple(wanted, fc.constantFrom("allow" as const, "deny" as const)), { maxLength: 6 }),
      fc.constantFrom(0, 2 * day, 31 * day),
      (some, more, wait) => {
        const place = testPlace();
        const store = place.open();
        store.add(some.map(({ scope, ...rest }) => grant(scope, rest)));
        for (const [{ scope, ...rest }, effect] of more) {
          const before = decisions(store, place.clock.time);
          const [added] = store.add([grant(scope, { ...rest, effect })]);
          const after = decisions(store, place.clock.time);
          for (const [at, decision] of before.entries())
            if (effect === "allow" && decision === "allow") assert.equal(after[at], "allow");
            else if (effect === "deny" && decision !== "allow") assert.notEqual(after[at], "allow");
          assert.ok(after.slice(-lines.length).every((decision) => decision !== "allow"));
          if (effect === "deny") store.revoke(added?.id ?? "");
        }
        place.clock.time += wait;
        if (wait > 30 * day) assert.ok(!decisions(store, place.clock.time).includes("allow"));
        store.panic();
        assert.ok(!decisions(store, place.clock.time).includes("allow"));
        store.close();
      },
    ),
    { numRuns: 60 },
  );
});

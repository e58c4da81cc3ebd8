import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { satisfies } from "semver";
import { chooseRuntime, newestRuntime } from "./choose-runtime.ts";

/** Of OpenClaw 2026.9.6. */
const range = ">=24.16.0 <25 || >=26.1.0";

for (const [what, wanted, bundled, installed, choice] of [
  ["the bundled one will do", range, "26.10.0", [], "bundled"],
  ["the bundled one before a newer one that lies there", range, "26.10.0", ["28.1.0"], "bundled"],
  ["one that lies there, the newest of them", ">=28", "26.10.0", ["28.1.0", "28.9.0", "28.10.0"], "28.10.0"],
  ["one that lies there and is older than the bundled one", "^24.16.0", "26.10.0", ["24.16.1"], "24.16.1"],
  ["none that lies there", ">=28", "26.10.0", ["24.16.1", "27.1.0"], null],
  ["none at all", ">=28", "26.10.0", [], null],
  ["a range that is none", "latest and greatest", "26.10.0", ["28.1.0"], null],
  ["a forerunner is none of the range", ">=27", "26.10.0", ["28.0.0-alpha.1"], null],
] as const)
  test(`chosen: ${what}`, () => assert.equal(chooseRuntime(wanted, { bundled, installed }), choice));

for (const [what, wanted, published, newest] of [
  ["the newest by number, not by text", ">=24.9", ["24.9.0", "24.10.0", "24.21.0"], "24.21.0"],
  ["a line with long support before a newer one without", range, ["24.21.0", "25.9.0", "24.16.0"], "24.21.0"],
  ["an odd line that is only within the range is none", ">=23", ["23.5.0", "25.9.0"], "23.5.0"],
  ["an odd line that the range begins with", "^25.2.0 || >=26.1.0", ["25.9.0"], "25.9.0"],
  ["from 27 on every line has long support", range, ["26.11.0", "27.0.1"], "27.0.1"],
  ["no forerunner", ">=27", ["27.0.0-alpha.4", "28.0.0-rc.1"], null],
  ["nothing fits", ">=28", ["24.21.0", "26.11.0"], null],
  ["nothing is published", range, [], null],
  ["any will do", "*", ["22.1.0", "25.9.0", "24.1.0"], "24.1.0"],
  ["a range that is none", "latest and greatest", ["24.21.0"], null],
] as const)
  test(`fetched: ${what}`, () => assert.equal(newestRuntime(wanted, published), newest));

const version = fc
  .tuple(fc.integer({ min: 18, max: 32 }), fc.nat({ max: 3 }), fc.nat({ max: 3 }))
  .map((numbers) => numbers.join("."));
const versions = fc.uniqueArray(version, { maxLength: 12 });
const anyRange = fc
  .array(
    fc.oneof(
      version.map((low) => `>=${low}`),
      version.map((low) => `^${low}`),
      fc.tuple(version, version).map(([low, high]) => `>=${low} <${high}`),
    ),
    { minLength: 1, maxLength: 3 },
  )
  .map((parts) => parts.join(" || "));

test("whatever is chosen is there, and the release runs on it; nothing is chosen only when nothing fits", () => {
  fc.assert(
    fc.property(anyRange, version, versions, (range, bundled, installed) => {
      const choice = chooseRuntime(range, { bundled, installed });
      const all = [bundled, ...installed];
      if (choice === null) assert.ok(all.every((one) => !satisfies(one, range)));
      else if (choice === "bundled") assert.ok(satisfies(bundled, range));
      else assert.ok(installed.includes(choice) && satisfies(choice, range) && !satisfies(bundled, range));
    }),
  );
});

test("what is fetched is published, fits, and no newer one of its line fits; the order of the list has no say", () => {
  fc.assert(
    fc.property(
      anyRange,
      versions.chain((list) =>
        fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
      ),
      (range, [published, shuffled]) => {
        const newest = newestRuntime(range, published);
        assert.equal(newestRuntime(range, shuffled), newest);
        const lineOf = (one: string): number => Number(one.split(".")[0]);
        const fit = published.filter((one) => satisfies(one, range));
        if (newest === null) assert.ok(fit.every((one) => lineOf(one) % 2 === 1 && lineOf(one) < 27));
        else {
          assert.ok(fit.includes(newest));
          const [, minor = "", patch = ""] = newest.split(".");
          for (const other of fit.filter((one) => lineOf(one) === lineOf(newest))) {
            const [, otherMinor = "", otherPatch = ""] = other.split(".");
            assert.ok(
              Number(otherMinor) < Number(minor) ||
                (otherMinor === minor && Number(otherPatch) <= Number(patch)),
            );
          }
        }
      },
    ),
  );
});

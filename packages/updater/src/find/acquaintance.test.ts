import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { acquaintance, type Acquaintance, growAcquaintance } from "./acquaintance.ts";

const hour = 3_600_000;
const year = 365 * 24 * hour;
const start = Date.UTC(2026, 10, 1);
const known: Acquaintance = { version: "2026.9.6", knownForMs: 5 * hour, countedAt: start };

test("a version that is seen for the first time is known for no time", () => {
  const fresh = { version: "2026.9.6", knownForMs: 0, countedAt: start };
  assert.deepEqual(growAcquaintance(null, "2026.9.6", start), fresh);
  const earlier = { ...known, version: "2026.9.5", knownForMs: year };
  assert.deepEqual(growAcquaintance(earlier, "2026.9.6", start), fresh);
});

test("a version that went away and came back is known for no time", () => {
  const other = growAcquaintance(known, "2026.9.7", start + hour);
  assert.equal(growAcquaintance(other, "2026.9.6", start + 2 * hour).knownForMs, 0);
});

const clocks: readonly [what: string, now: number, knownForMs: number][] = [
  ["six hours later", start + 6 * hour, 11 * hour],
  ["at the same moment", start, 5 * hour],
  ["exactly twelve hours later", start + 12 * hour, 17 * hour],
  ["a millisecond more than that", start + 12 * hour + 1, 17 * hour],
  ["after three days asleep", start + 72 * hour, 17 * hour],
  ["with a clock ten years forward", start + 10 * year, 17 * hour],
  ["with a clock a second back", start - 1000, 5 * hour],
  ["with a clock ten years back", start - 10 * year, 5 * hour],
  ["with a clock at the epoch", 0, 5 * hour],
];
for (const [what, now, knownForMs] of clocks)
  test(`looked at ${what}`, () =>
    assert.deepEqual(growAcquaintance(known, known.version, now), { ...known, knownForMs, countedAt: now }));

test("a clock that was ten years ahead and is set right again goes on counting from there", () => {
  const ahead = growAcquaintance(known, known.version, start + 10 * year);
  const right = growAcquaintance(ahead, known.version, start + hour);
  assert.equal(growAcquaintance(right, known.version, start + 7 * hour).knownForMs, 23 * hour);
});

test("whatever the clock does: never less, never more than twelve hours at once, and always storable", () => {
  const clock = fc.integer({ min: 0, max: start + 100 * year });
  fc.assert(
    fc.property(fc.array(clock, { minLength: 1, maxLength: 40 }), (moments) => {
      let before: Acquaintance | null = null;
      for (const now of moments) {
        const after: Acquaintance = growAcquaintance(before, "2026.9.6", now);
        assert.deepEqual(acquaintance.parse(after), after);
        const grown: number = after.knownForMs - (before?.knownForMs ?? 0);
        assert.ok(grown >= 0 && grown <= (before === null ? 0 : 12 * hour), `${grown}`);
        before = after;
      }
    }),
  );
});

test("an honest clock that is looked at often enough counts what has passed", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 12 * hour }), { maxLength: 40 }), (steps) => {
      let now = start;
      let state = growAcquaintance(null, "2026.9.6", now);
      for (const step of steps) state = growAcquaintance(state, "2026.9.6", (now += step));
      assert.equal(state.knownForMs, now - start);
    }),
  );
});

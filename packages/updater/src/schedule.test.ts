import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  checkEveryMs,
  dueAt,
  firstCheckMs,
  firstSchedule,
  isDue,
  type Moment,
  nextSchedule,
} from "./schedule.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const year = 365 * day;
const start: Moment = { wall: Date.UTC(2026, 10, 1), steady: 1000 };

/** Both clocks run; `asleep` is time in which only the wall clock does, `set` moves the wall clock by hand. */
const later = (moment: Moment, { ms = 0, asleep = 0, set = 0 }): Moment => ({
  wall: moment.wall + ms + asleep + set,
  steady: moment.steady + ms,
});

/** A daemon that asks the schedule at each of these steps; the moments at which it looked. */
function looksOf(steps: Iterable<{ ms?: number; asleep?: number; set?: number }>, random = 0.5): Moment[] {
  const looks: Moment[] = [];
  let now = start;
  let schedule = firstSchedule(now);
  for (const step of steps) {
    now = later(now, step);
    if (!isDue(schedule, now)) continue;
    looks.push(now);
    schedule = nextSchedule(now, random);
  }
  return looks;
}
const times = <T>(count: number, step: T): T[] => Array.from({ length: count }, () => step);
const gapsOf = (looks: readonly Moment[]): number[] =>
  looks.slice(1).map(({ steady }, index) => steady - (looks[index]?.steady ?? 0));

test("the first look is three minutes after the start, to the millisecond", () => {
  assert.equal(firstCheckMs, 3 * minute);
  assert.equal(isDue(firstSchedule(start), start), false);
  assert.equal(isDue(firstSchedule(start), later(start, { ms: 3 * minute - 1 })), false);
  assert.equal(isDue(firstSchedule(start), later(start, { ms: 3 * minute })), true);
});

test("the first look is not brought forward by a clock or by sleep", () => {
  for (const step of [{ set: year }, { asleep: 3 * day }])
    assert.equal(isDue(firstSchedule(start), later(start, { ms: 3 * minute - 1, ...step })), false);
});

test("further looks are six hours apart, give or take five minutes", () => {
  assert.equal(checkEveryMs, 6 * hour);
  assert.equal(nextSchedule(start, 0).waitMs, 6 * hour - 5 * minute);
  assert.equal(nextSchedule(start, 0.5).waitMs, 6 * hour);
  assert.equal(nextSchedule(start, 1 - Number.EPSILON).waitMs, 6 * hour + 5 * minute);
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (random) => {
      const schedule = nextSchedule(start, random);
      assert.ok(Math.abs(schedule.waitMs - 6 * hour) <= 5 * minute);
      assert.ok(Number.isInteger(schedule.waitMs));
      assert.equal(isDue(schedule, later(start, { ms: schedule.waitMs - 1 })), false);
      assert.equal(isDue(schedule, later(start, { ms: schedule.waitMs })), true);
    }),
  );
});

test("a week without trouble is a look after three minutes and then four a day", () => {
  const looks = looksOf(times(7 * 24 * 60, { ms: minute }));
  assert.equal(looks.length, 28);
  assert.equal(looks[0]?.steady, start.steady + 3 * minute);
  assert.deepEqual(new Set(gapsOf(looks)), new Set([6 * hour]));
});

test("three days of sleep are one look on waking, not twelve", () => {
  const awake = times(2 * 60, { ms: minute });
  const looks = looksOf([...awake, { ms: 1, asleep: 3 * day }, ...times(5 * 60, { ms: minute })]);
  assert.equal(looks.length, 2, "the first, and one on waking");
  assert.equal(looks[1]?.steady, start.steady + 2 * hour + 1);
});

test("sleep soon after a look: half an hour awake comes before the next", () => {
  const awake = times(4, { ms: minute });
  const looks = looksOf([...awake, { asleep: 3 * day }, ...times(5 * 60, { ms: minute })]);
  assert.deepEqual(gapsOf(looks), [30 * minute]);
});

test("a machine that is awake for ten minutes each day still looks", () => {
  const aDay = [...times(10, { ms: minute }), { asleep: day - 10 * minute }];
  assert.ok(looksOf(times(30, aDay).flat()).length >= 10);
});

test("a wall clock that jumps by years every minute gives no more than two looks an hour", () => {
  for (const set of [year, -year, 10 * year]) {
    const looks = looksOf(times(2 * 24 * 60, { ms: minute, set }));
    assert.ok(gapsOf(looks).every((gap) => gap >= 30 * minute));
    assert.ok(looks.length >= 8 && looks.length <= 2 * 48);
  }
  const forthAndBack = times(24 * 60, [
    { ms: minute, set: 10 * year },
    { ms: minute, set: -10 * year },
  ]).flat();
  assert.ok(gapsOf(looksOf(forthAndBack)).every((gap) => gap >= 30 * minute));
});

test("a wall clock that was set back by years holds nothing up", () => {
  const looks = looksOf([{ set: -10 * year }, ...times(24 * 60, { ms: minute })]);
  assert.equal(looks.length, 4);
  const afterALook = looksOf([
    ...times(5, { ms: minute }),
    { set: -year },
    ...times(23 * 60, { ms: minute }),
  ]);
  assert.deepEqual(gapsOf(afterALook), [6 * hour, 6 * hour, 6 * hour]);
});

test("an hour of daylight saving changes one gap by an hour at most", () => {
  for (const set of [hour, -hour]) {
    const looks = looksOf([...times(60, { ms: minute }), { set }, ...times(24 * 60, { ms: minute })]);
    for (const gap of gapsOf(looks)) assert.ok(Math.abs(gap - 6 * hour) <= hour);
  }
});

test("when it is looked next is told by the wall clock", () => {
  assert.equal(dueAt(firstSchedule(start), start), start.wall + 3 * minute);
  assert.equal(dueAt(firstSchedule(start), later(start, { ms: minute })), start.wall + 3 * minute);
  assert.equal(
    dueAt(firstSchedule(start), later(start, { ms: minute, set: year })),
    start.wall + year + 3 * minute,
  );
  const overdue = later(start, { ms: hour });
  assert.equal(dueAt(firstSchedule(start), overdue), overdue.wall, "not in the past");
});

test("after sleep, the time that is told is the one at which it is looked", () => {
  const schedule = nextSchedule(start, 0.5);
  const woken = later(start, { ms: minute, asleep: 3 * day });
  assert.equal(isDue(schedule, later(woken, { ms: 29 * minute })), true);
  assert.equal(dueAt(schedule, woken), woken.wall + 29 * minute);
});

const anyStep = fc.oneof(
  fc.record({ ms: fc.nat({ max: 10 * minute }) }),
  fc.record({ ms: fc.nat({ max: 7 * hour }) }),
  fc.record({ ms: fc.nat({ max: minute }), asleep: fc.nat({ max: 5 * day }) }),
  fc.record({ ms: fc.nat({ max: minute }), set: fc.integer({ min: -20 * year, max: 20 * year }) }),
);

test("whatever both clocks do: never two looks within half an hour, never more than six hours awake without one", () => {
  fc.assert(
    fc.property(
      fc.array(anyStep, { maxLength: 200 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (steps, random) => {
        let now = start;
        let schedule = firstSchedule(now);
        let looks = 0;
        for (const step of steps) {
          const before = schedule;
          now = later(now, step);
          const awake = now.steady - before.since.steady;
          if (isDue(schedule, now)) {
            assert.ok(awake >= (looks === 0 ? 3 * minute : 30 * minute));
            assert.ok(
              awake >= before.waitMs || now.wall - before.since.wall >= before.waitMs,
              "too early by both clocks",
            );
            schedule = nextSchedule(now, random);
            looks += 1;
            assert.equal(isDue(schedule, now), false);
          } else assert.ok(awake < (looks === 0 ? 3 * minute : 6 * hour + 5 * minute));
          const due = dueAt(schedule, now);
          assert.ok(due >= now.wall);
          assert.ok(isDue(schedule, later(now, { ms: due - now.wall })), "at the latest when it was told");
        }
      },
    ),
    { numRuns: 500 },
  );
});

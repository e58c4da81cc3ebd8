import assert from "node:assert/strict";
import { test } from "node:test";
import { createHandClock } from "./hand-clock.ts";

test("timers fire each at its moment, and those that they set as well", async () => {
  const fired: [string, number][] = [];
  const clock = createHandClock(() => Promise.resolve());
  const start = clock.steady();
  const note = (name: string): void => void fired.push([name, clock.steady() - start]);
  clock.setTimer(20, () => note("late"));
  clock.setTimer(5, () => {
    note("early");
    clock.setTimer(5, () => note("set by the early one"));
  });
  const cancel = clock.setTimer(7, () => note("cancelled"));
  cancel();
  await clock.pass(19);
  assert.deepEqual(fired, [
    ["early", 5],
    ["set by the early one", 10],
  ]);
  await clock.pass(1);
  assert.deepEqual(fired.at(-1), ["late", 20]);
});

test("a wall clock that is set fires nothing, and leaves the steady one alone", async () => {
  const clock = createHandClock(() => Promise.resolve());
  const [wall, steady] = [clock.wall(), clock.steady()];
  let fired = 0;
  clock.setTimer(10, () => fired++);
  clock.shiftWall(1000);
  await clock.pass(9);
  assert.equal(fired, 0);
  assert.deepEqual([clock.wall() - wall, clock.steady() - steady], [1009, 9]);
});

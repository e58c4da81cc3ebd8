import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type AwakeEvent, awakeReducer, type AwakeState, isAwake, wakesAfterMs } from "./use-awake.ts";

const asleep: AwakeState = { focused: true, since: null };
const after = (events: readonly AwakeEvent[], from = asleep): AwakeState => events.reduce(awakeReducer, from);

test("it wakes 700 ms after it is shown, and not before", () => {
  assert.equal(wakesAfterMs, 700);
  assert.equal(isAwake(asleep, 1e9), false);
  const shown = after([{ type: "shown", at: 1000 }]);
  assert.deepEqual([isAwake(shown, 1000), isAwake(shown, 1699), isAwake(shown, 1700)], [false, false, true]);
});

test("it sleeps while the window is away, and 700 ms more when it is back", () => {
  const away = after([{ type: "shown", at: 0 }, { type: "blurred" }]);
  assert.equal(isAwake(away, 60_000), false);
  const back = after([{ type: "focused", at: 60_000 }], away);
  assert.deepEqual([isAwake(back, 60_699), isAwake(back, 60_700)], [false, true]);
  const behind = after([{ type: "shown", at: 0 }], { focused: false, since: null });
  assert.equal(isAwake(behind, 60_000), false);
  const early = after([{ type: "focused", at: 10 }], { focused: false, since: null });
  assert.equal(isAwake(early, 60_000), false, "focus does not show what was not drawn");
});

test("a press elsewhere puts it to sleep again", () => {
  const pressed = after([
    { type: "shown", at: 0 },
    { type: "pressed-elsewhere", at: 5000 },
  ]);
  assert.deepEqual([isAwake(pressed, 5699), isAwake(pressed, 5700)], [false, true]);
});

test("whatever happens, it is awake only with focus and 700 ms after the last of it", () => {
  const event = fc.record({
    type: fc.constantFrom("shown", "focused", "blurred", "pressed-elsewhere"),
    wait: fc.nat(2000),
  });
  fc.assert(
    fc.property(fc.array(event), fc.boolean(), fc.nat(3000), (steps, focusedFirst, later) => {
      let now = 0;
      let state: AwakeState = { focused: focusedFirst, since: null };
      let [focused, shown, last] = [focusedFirst, false, 0];
      for (const { type, wait } of steps) {
        now += wait;
        state = awakeReducer(state, type === "blurred" ? { type } : { type, at: now });
        if (type === "shown") shown = true;
        if (type === "focused") focused = true;
        if (type === "blurred") focused = false;
        else last = now;
      }
      assert.equal(isAwake(state, now + later), focused && shown && now + later - last >= wakesAfterMs);
    }),
  );
});

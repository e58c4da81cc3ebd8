import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { judge, type Sight, type Verdict, watchOf } from "./watch-core.ts";

const second = 1_000;

/** What is decided in the end, when each of `sights` is seen `gap` milliseconds after the one before. */
function follow(sights: readonly Sight[], gap = second): Verdict {
  let watch = watchOf("2.0.0", 0);
  let verdict: Verdict = "look-again";
  for (const [index, sight] of sights.entries()) {
    ({ watch, verdict } = judge(watch, sight, (index + 1) * gap));
    if (verdict === "give-up" || verdict === "done") return verdict;
  }
  return verdict;
}

const times = (count: number, sight: Sight): Sight[] => Array.from({ length: count }, () => sight);
const silent: Sight = { type: "silent" };
const answered: Sight = { type: "answered", version: "2.0.0" };

test("a start may take minutes; one that answered and falls silent is given up sooner", () => {
  assert.equal(follow(times(170, silent)), "look-again");
  assert.equal(follow(times(200, silent)), "give-up");
  assert.equal(follow([answered, ...times(59, silent)]), "look-again");
  assert.equal(follow([answered, ...times(62, silent)]), "give-up");
});

test("another version than the expected one is given up", () => {
  assert.equal(follow([{ type: "answered", version: "1.0.0" }]), "give-up");
});

test("what dies is started again, but not for ever; what a person stopped stays stopped", () => {
  for (const code of [1, 0, null])
    assert.equal(follow([{ type: "exited", code }]), "start", "never answered");
  assert.equal(follow([answered, { type: "exited", code: 0 }]), "done");
  const crash: Sight = { type: "exited", code: 1 };
  assert.equal(follow([answered, crash, { type: "exited", code: 0 }]), "done", "stopped as it came back");
  for (const code of [1, null]) assert.equal(follow([answered, { type: "exited", code }]), "start");
  assert.equal(follow(times(20, { type: "exited", code: 1 })), "done");
});

test("the watch ends when the release is trusted or left", () => {
  assert.equal(follow([answered, { type: "trusted" }]), "done");
  assert.equal(follow([{ type: "given-up" }]), "done");
  assert.equal(follow([{ type: "stopped" }]), "done", "before it was ever heard of, too");
});

test("one that answers in time is never given up", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(50), { maxLength: 40 }), (silences) => {
      const sights = silences.flatMap((length) => [...times(length, silent), answered]);
      assert.equal(follow(sights), "look-again");
    }),
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { conversationId, type ErrorReport } from "@smartclaw/contracts";
import { createProviderFaults } from "./provider-faults.ts";

const one = conversationId.parse("agent:main:one");
const two = conversationId.parse("agent:main:two");
const refused: ErrorReport = { code: "KEY_REJECTED", message: "A refused the key.", next: "Paste another." };
const busy: ErrorReport = {
  code: "PROVIDER_RATE_LIMITED",
  message: "B takes no more.",
  next: "Wait a little.",
};

function at(time = 0) {
  const clock = { now: () => time };
  return { faults: createProviderFaults({ clock }), pass: (ms: number) => void (time += ms) };
}

test("two conversations that fail at once get each its own reason, whichever ends first", () => {
  for (const [first, second] of [
    [one, two],
    [two, one],
  ] as const) {
    const { faults } = at();
    faults.failed({ conversation: one }, refused);
    faults.failed({ conversation: two }, busy);
    const reasons = new Map([
      [first, faults.take(first)],
      [second, faults.take(second)],
    ]);
    assert.deepEqual([reasons.get(one), reasons.get(two)], [refused, busy]);
  }
});

test("a fault explains one turn, and the last one of it counts", () => {
  const { faults } = at();
  faults.failed({ conversation: one }, busy);
  faults.failed({ conversation: one }, refused);
  assert.equal(faults.take(one), refused);
  assert.equal(faults.take(one), null);
});

test("nothing is explained by a fault of nobody knows whom, an old one, or one that was got over", () => {
  const { faults, pass } = at();
  faults.failed({ conversation: null }, refused);
  assert.equal(faults.take(one), null);
  faults.failed({ conversation: one }, refused);
  pass(60_000);
  assert.equal(faults.take(one), null);
  faults.failed({ conversation: one }, refused);
  faults.answered({ conversation: two });
  faults.answered({ conversation: one });
  assert.equal(faults.take(one), null);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { errorCodes, type ErrorReport, updateSteps, type UpdateStep } from "@smartclaw/contracts";
import fc from "fast-check";
import { reduceTransaction, type TransactionEvent } from "./transaction-reducer.ts";
import type { Transaction } from "./transaction.ts";

const first: Transaction = {
  component: "openclaw",
  id: "one",
  kind: "update",
  step: "staging",
  from: { version: "1.0.0", node: "bundled", state: "a" },
  to: { version: "1.1.0", node: "bundled", state: "b" },
  base: "a",
  insisted: false,
  startedAt: 1,
  stepAt: 1,
  starts: 0,
  error: null,
};
const fault = (code: ErrorReport["code"]): ErrorReport => ({ code, message: "It failed.", next: "Wait." });
const untouched: readonly UpdateStep[] = ["staging", "rehearsing", "waiting"];

test("an update without a fault goes through every step but the way back, and is committed", () => {
  const seen: UpdateStep[] = [];
  let state = first;
  for (;;) {
    seen.push(state.step);
    const { transaction, record } = reduceTransaction(state, { type: "done", at: 2 });
    if (transaction === null) {
      assert.deepEqual([record.outcome, record.from, record.to], ["committed", "1.0.0", "1.1.0"]);
      break;
    }
    state = transaction;
  }
  assert.deepEqual(
    seen,
    updateSteps.filter((step) => step !== "rolling-back"),
  );
});

for (const step of updateSteps) {
  const at = { ...first, step, starts: ["trial", "probation"].includes(step) ? 1 : 0 };

  test(`a fault of the release while ${step}`, () => {
    const { transaction, record } = reduceTransaction(at, {
      type: "failed",
      at: 2,
      error: fault("GATEWAY_CRASHED"),
    });
    if (untouched.includes(step)) assert.equal(record?.outcome, "refused");
    else assert.equal(transaction?.step, "rolling-back");
  });

  test(`the daemon is killed while ${step}`, () => {
    const { transaction, record } = reduceTransaction(at, { type: "resumed", at: 2 });
    if (untouched.includes(step)) assert.equal(record?.outcome, "aborted");
    else if (step === "switching") assert.equal(transaction?.step, "switching");
    else if (step === "trial" || step === "probation") {
      assert.equal(transaction?.step, "trial");
      assert.equal(transaction.starts, 2);
    } else assert.equal(transaction?.step, "rolling-back");
  });
}

test("a full disk, no network and the like do not count against a release", () => {
  for (const code of ["DISK_FULL", "NETWORK_UNREACHABLE", "CANCELLED"] as const)
    assert.equal(
      reduceTransaction(first, { type: "failed", at: 2, error: fault(code) }).record?.outcome,
      "aborted",
    );
});

test("a release that is cut off three times while on trial is given up, for a reason that counts against it", () => {
  let state: Transaction = { ...first, step: "trial", starts: 1 };
  for (let times = 0; times < 3; times += 1) {
    const { transaction } = reduceTransaction(state, { type: "resumed", at: 2 });
    assert.ok(transaction);
    state = transaction;
  }
  assert.equal(state.step, "rolling-back");
  assert.equal(reduceTransaction(state, { type: "done", at: 3 }).record?.outcome, "rolled-back");
});

const anyEvent: fc.Arbitrary<TransactionEvent> = fc.oneof(
  fc.constant<TransactionEvent>({ type: "done", at: 2 }),
  fc.constant<TransactionEvent>({ type: "resumed", at: 2 }),
  fc
    .constantFrom(...errorCodes)
    .map((code): TransactionEvent => ({ type: "failed", at: 2, error: fault(code) })),
);

test("whatever happens: it ends committed only after probation, and never while the earlier release is stopped", () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 60 }), (events) => {
      let state = first;
      let stopped = false;
      for (const event of events) {
        const { transaction, record } = reduceTransaction(state, event);
        if (transaction === null) {
          if (record.outcome === "committed") assert.equal(state.step, "probation");
          else assert.ok(!stopped || state.step === "rolling-back");
          if (record.outcome === "rolled-back") assert.ok(record.error);
          return;
        }
        assert.ok(transaction.starts <= 3);
        stopped ||= transaction.step === "stopping";
        // There is no way from the way back to the new release.
        if (state.step === "rolling-back") assert.equal(transaction.step, "rolling-back");
        state = transaction;
      }
    }),
    { numRuns: 2000 },
  );
});

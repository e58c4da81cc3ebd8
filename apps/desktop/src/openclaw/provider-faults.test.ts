import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatEvent, ErrorReport } from "@smartclaw/contracts";
import { createProviderFaults } from "./provider-faults.ts";

const report: ErrorReport = {
  code: "KEY_REJECTED",
  message: "OpenAI refused the key.",
  next: "Paste another.",
};
const ended: ChatEvent = {
  type: "end",
  runId: "r",
  outcome: "error",
  error: { code: "PROVIDER_FAULT", message: "?", next: "?" },
};

test("a failed answer is explained by the fault that just happened, not by an old one", () => {
  let now = 0;
  const faults = createProviderFaults({ clock: { now: () => now } });
  assert.deepEqual(faults.explain(ended), ended);
  faults.note(report);
  now = 5_000;
  assert.deepEqual(faults.explain(ended), { ...ended, error: report });
  const final: ChatEvent = { ...ended, outcome: "final", error: null };
  assert.deepEqual(faults.explain(final), final);
  now = 60_000;
  assert.deepEqual(faults.explain(ended), ended);
});

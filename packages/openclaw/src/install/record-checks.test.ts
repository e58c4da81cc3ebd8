import assert from "node:assert/strict";
import { test } from "node:test";
import type { Lock, LockedEntry } from "./lock.ts";
import { recordChecks } from "./record-checks.ts";

const list = (packages: Record<string, LockedEntry>): Lock => ({
  packages: Object.fromEntries(Object.entries(packages).map(([name, one]) => [`node_modules/${name}`, one])),
});
const entry = (version: string, more: LockedEntry = {}): LockedEntry => ({
  version,
  integrity: `sha512-${version}`,
  ...more,
});

test("what was found out is written down, and what was known stays", () => {
  const next = list({ openclaw: entry("2.0.0"), helper: entry("1.0.0"), raw: entry("3.0.0") });
  const earlier = list({
    helper: entry("1.0.0", { signed: true, size: 7 }),
    openclaw: entry("1.0.0", { size: 9, signed: true }),
  });
  const checks = new Map([
    ["openclaw@2.0.0", { state: "signed", attested: true }],
    ["raw@3.0.0", { state: "unsigned", attested: false }],
  ] as const);
  assert.deepEqual(
    recordChecks(next, earlier, checks),
    list({
      openclaw: entry("2.0.0", { signed: true, attested: true }),
      helper: entry("1.0.0", { size: 7, signed: true }),
      raw: entry("3.0.0"),
    }),
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type UpdateRecord,
  type UpdateStatus,
  updateObstacles,
  updateOutcomes,
  updateSteps,
  type UpdateVerdict,
} from "./update.ts";
import {
  ago,
  foundSentence,
  liveSince,
  lookSentence,
  nextLookSentence,
  recordSentence,
  runningTitle,
  stepSentence,
} from "./update-words.ts";

const minute = 60_000;
const now = 1_000 * 24 * 60 * minute;
const settings = { automatic: true, held: false, pinned: null, skipped: [], coolDownHours: 24 };
const status: UpdateStatus = {
  component: "openclaw",
  settings,
  live: "1.0.0",
  previous: null,
  running: null,
  lastCheck: { at: now - 12 * minute, bytes: 10, error: null },
  nextCheckAt: now + 5 * 60 * minute + 1,
  found: { verdict: "current" },
  last: null,
};
const unreachable = { code: "NETWORK_UNREACHABLE", message: "Nobody answers.", next: "Wait." } as const;
const record: UpdateRecord = {
  component: "openclaw",
  id: "1",
  at: 7,
  from: "1.0.0",
  to: "1.1.0",
  kind: "update",
  outcome: "committed",
  error: null,
};

test("a span is said in its largest whole unit", () => {
  for (const [minutes, words] of [
    [-5, "just now"],
    [0.9, "just now"],
    [1, "1 minute ago"],
    [59.9, "59 minutes ago"],
    [60, "1 hour ago"],
    [47 * 60, "47 hours ago"],
    [48 * 60, "2 days ago"],
  ] as const)
    assert.equal(ago(now - minutes * minute, now), words);
});

test("only a look that worked says that there is nothing newer", () => {
  assert.equal(lookSentence(status, now), "Nothing newer, looked 12 minutes ago.");
  const failed = { ...status, lastCheck: { at: now, bytes: 0, error: unreachable } };
  const found: UpdateVerdict = { verdict: "install", version: "1.1.0" };
  for (const other of [
    failed,
    { ...failed, found },
    { ...status, lastCheck: null, found: null },
    { ...status, found: null },
    { ...status, found },
  ])
    assert.doesNotMatch(lookSentence(other, now), /nothing newer/i);
  assert.equal(lookSentence(failed, now), "The last look failed, just now.");
});

test("the next look is told, and that there is none", () => {
  assert.equal(nextLookSentence(status, now), "SmartClaw looks in 5 hours.");
  assert.equal(nextLookSentence({ ...status, nextCheckAt: now - 1 }, now), "SmartClaw looks in a moment.");
  assert.match(nextLookSentence({ ...status, nextCheckAt: null }, now), /does not look by itself/);
});

test("what becomes of a newer version holds its reason, and does not promise what is switched off", () => {
  const when = (at: number): string => `[${at}]`;
  const wait = { verdict: "wait", version: "1.1.0", until: 9, reason: "It is new." } as const;
  assert.equal(foundSentence(wait, settings, when), "It waits until [9]. It is new.");
  const install = { verdict: "install", version: "1.1.0" } as const;
  assert.match(foundSentence(install, settings, when), /^It is installed by itself/);
  for (const verdict of [wait, install])
    assert.match(foundSentence(verdict, { ...settings, automatic: false }, when), /when you say so\.$/);
  const hold = { verdict: "hold", version: "1.1.0", reason: "You skipped this version." } as const;
  assert.match(foundSentence(hold, settings, when), /You skipped this version\.$/);
  const postponed = updateObstacles.map((obstacle) =>
    foundSentence({ verdict: "postponed", version: "1.1.0", obstacle }, settings, when),
  );
  assert.match(postponed.join(), /^It waits, .* metered.*,It waits, .* battery.*you can also update now\.$/);
});

test("each step and each end is told apart, forward and back", () => {
  const kinds = ["update", "go-back"] as const;
  const way = { component: "openclaw" as const, from: "1.0.0", to: "1.1.0" };
  const said = updateSteps.map((step) => stepSentence({ ...way, kind: "update", step }));
  assert.equal(new Set(said).size, updateSteps.length);
  for (const sentence of said) assert.match(sentence, /^[A-Z].*1\.[01]\.0.*\.$/);
  const ends = kinds.flatMap((kind) => updateOutcomes.map((outcome) => ({ ...record, kind, outcome })));
  assert.equal(new Set(ends.map(recordSentence)).size, ends.length);
  const titles = kinds.map((kind) => runningTitle({ ...way, kind, step: "staging" }));
  assert.deepEqual(titles, ["Updating OpenClaw 1.0.0 to 1.1.0", "Going back from OpenClaw 1.0.0 to 1.1.0"]);
});

test("a version is live since the newest update that led to it", () => {
  const later = { ...record, id: "2", at: 9, outcome: "refused" } as const;
  assert.equal(liveSince("1.1.0", [later, record, { ...record, at: 3 }]), 7);
  assert.equal(liveSince("1.0.0", [later, record]), null);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type UpdateRecord, updateOutcomes, updateVerdict } from "@smartclaw/contracts";
import { chooseUpdate, failureOf, type Offer } from "./choose-update.ts";

type Known = Parameters<typeof chooseUpdate>[1];

const hour = 3_600_000;
const now = Date.UTC(2026, 10, 1);
const offer: Offer = {
  version: "2026.9.6",
  node: ">=24.16.0 <25 || >=26.1.0",
  knownForMs: 24 * hour,
};
const known: Known = {
  live: "2026.9.5",
  runtimes: { bundled: "26.10.0", installed: [] },
  runtimeOffer: null,
  settings: { automatic: true, held: false, pinned: null, skipped: [], coolDownHours: 24 },
  history: [],
  now,
};
const record: UpdateRecord = {
  component: "openclaw",
  id: "one",
  at: now - hour,
  from: "2026.9.5",
  to: "2026.9.6",
  kind: "update",
  outcome: "rolled-back",
  error: { code: "UPDATE_UNHEALTHY", message: "It did not answer.", next: "Wait." },
};
const with_ = (settings: Partial<Known["settings"]>): Known => ({
  ...known,
  settings: { ...known.settings, ...settings },
});
const after = (...history: UpdateRecord[]): Known => ({ ...known, history });
const hold = (reason: string) => ({ verdict: "hold", version: offer.version, reason });
const needs = (range: string, bundled = "26.10.0"): string =>
  `It needs Node ${range}; SmartClaw brings ${bundled}, and found no other that would do.`;
const install = { verdict: "install", version: offer.version };
const current = { verdict: "current" };
const wait = (hours: number, until: number, what = "It") => ({
  verdict: "wait",
  version: offer.version,
  until,
  reason: `${what} is new; SmartClaw waits ${hours} hours, in which a bad release is usually found out.`,
});

const cases: readonly [what: string, offer: Offer, known: Known, verdict: object][] = [
  ["newer, trusted, known for long enough", offer, known, install],
  ["the version that runs", offer, { ...known, live: "2026.9.6" }, current],
  ["an older version", offer, { ...known, live: "2026.10.1" }, current],
  ["a pre-release of what runs", { ...offer, version: "2026.9.5-beta.2" }, known, current],
  [
    "numbers, not text, are compared",
    { ...offer, version: "2026.10.1" },
    known,
    { ...install, version: "2026.10.1" },
  ],
  ["held", offer, with_({ held: true }), hold("You hold it at 2026.9.5.")],
  ["held, and nothing newer", offer, { ...with_({ held: true }), live: "2026.9.6" }, current],
  ["pinned to another", offer, with_({ pinned: "2026.9.4" }), hold("You pinned it to 2026.9.4.")],
  ["pinned to this one", offer, with_({ pinned: "2026.9.6" }), install],
  [
    "pinned to this one does not shorten the wait",
    { ...offer, knownForMs: 0 },
    with_({ pinned: "2026.9.6" }),
    wait(24, now + 24 * hour),
  ],
  ["skipped", offer, with_({ skipped: ["2026.9.3", "2026.9.6"] }), hold("You skipped this version.")],
  ["another one skipped", offer, with_({ skipped: ["2026.9.3"] }), install],
  ["failed on trial", offer, after(record), hold("It was tried and did not work: It did not answer.")],
  [
    "refused before",
    offer,
    after({ ...record, outcome: "refused", error: null }),
    hold("It was tried and did not work: it failed."),
  ],
  ["aborted before, which says nothing of it", offer, after({ ...record, outcome: "aborted" }), install],
  ["another one failed", offer, after({ ...record, to: "2026.9.4" }), install],
  [
    "failed, then something else went well",
    offer,
    after({ ...record, id: "two", to: "2026.9.5", outcome: "committed" }, record),
    hold("It was tried and did not work: It did not answer."),
  ],
  [
    "the user went back from it",
    offer,
    after({
      ...record,
      kind: "go-back",
      from: "2026.9.6",
      to: "2026.9.5",
      outcome: "committed",
      error: null,
    }),
    hold("It was tried and did not work: you went back from it."),
  ],
  [
    "the user wanted to go back from it, and could not",
    offer,
    after({ ...record, kind: "go-back", from: "2026.9.6", to: "2026.9.5", outcome: "rolled-back" }),
    install,
  ],
  ["needs another Node", { ...offer, node: ">=28" }, known, hold(needs(">=28"))],
  [
    "an odd Node between two that it runs on",
    offer,
    { ...known, runtimes: { bundled: "25.9.0", installed: [] } },
    hold(needs(offer.node, "25.9.0")),
  ],
  [
    "needs another Node, which lies there",
    { ...offer, node: ">=28" },
    { ...known, runtimes: { bundled: "26.10.0", installed: ["24.1.0", "28.1.0"] } },
    install,
  ],
  [
    "needs another Node, which can be had and is known for long enough",
    { ...offer, node: ">=28" },
    { ...known, runtimeOffer: { version: "28.1.0", knownForMs: 24 * hour } },
    install,
  ],
  [
    "the Node that it needs is too young by a millisecond",
    { ...offer, node: ">=28" },
    { ...known, runtimeOffer: { version: "28.1.0", knownForMs: 24 * hour - 1 } },
    wait(24, now + 1, "Node 28.1.0, which it needs,"),
  ],
  [
    "of a release and its Node the younger one is waited for",
    { ...offer, node: ">=28", knownForMs: 5 * hour },
    { ...known, runtimeOffer: { version: "28.1.0", knownForMs: 6 * hour } },
    wait(24, now + 19 * hour),
  ],
  [
    "the Node that can be had is not the one that it needs",
    { ...offer, node: ">=28" },
    { ...known, runtimeOffer: { version: "27.1.0", knownForMs: 1000 * hour } },
    hold(needs(">=28")),
  ],
  [
    "a young Node that it does not need is no reason to wait",
    offer,
    { ...known, runtimeOffer: { version: "26.11.0", knownForMs: 0 } },
    install,
  ],
  ["too young by a millisecond", { ...offer, knownForMs: 24 * hour - 1 }, known, wait(24, now + 1)],
  ["seen for the first time", { ...offer, knownForMs: 0 }, known, wait(24, now + 24 * hour)],
  [
    "seen for the first time, without a wait",
    { ...offer, knownForMs: 0 },
    with_({ coolDownHours: 0 }),
    install,
  ],
];
for (const [what, offer, known, verdict] of cases)
  test(what, () => {
    assert.deepEqual(chooseUpdate(offer, known), verdict);
    updateVerdict.parse(verdict);
  });

test("what the user decided is told before what SmartClaw found", () => {
  const bad = { ...offer, knownForMs: 0, node: ">=28" };
  const all = { ...with_({ held: true, pinned: "2026.9.4", skipped: ["2026.9.6"] }), history: [record] };
  assert.deepEqual(chooseUpdate(bad, all), hold("You hold it at 2026.9.5."));
});

// OpenClaw corrects a release by 2026.7.1-1 and -2 (npm has nine of them), which semver puts before 2026.7.1.
test("a correction of a release is newer than it", () => {
  const verdictFor = (version: string, live: string) =>
    chooseUpdate({ ...offer, version }, { ...known, live }).verdict;
  assert.equal(verdictFor("2026.7.1-2", "2026.7.1"), "install");
  assert.equal(verdictFor("2026.7.1-2", "2026.7.1-1"), "install");
  assert.equal(verdictFor("2026.7.1", "2026.7.1-2"), "current");
  assert.equal(verdictFor("2026.7.2", "2026.7.1-2"), "install");
  assert.equal(verdictFor("2026.7.1-2", "2026.7.1-beta.3"), "install");
});

type Case = { readonly offer: Offer; readonly known: Known };

/** Versions with their order by construction, and not by the library that is under test. */
const versions = fc
  .uniqueArray(
    fc.record({
      numbers: fc.tuple(fc.integer({ min: 0, max: 2030 }), fc.nat({ max: 12 }), fc.nat({ max: 12 })),
      beta: fc.option(fc.nat({ max: 12 })),
    }),
    { minLength: 2, maxLength: 2, selector: ({ numbers, beta }) => `${numbers.join(".")} ${beta}` },
  )
  .map((two) => two.map((one) => [...one.numbers, one.beta ?? Infinity]))
  .map((two) =>
    two.toSorted((a, b) => a.map((part, index) => part - (b[index] ?? 0)).find((d) => d !== 0) ?? 0),
  )
  .map((two) =>
    two.map(
      ([major, minor, patch, beta]) =>
        `${major}.${minor}.${patch}${beta === Infinity ? "" : `-beta.${beta}`}`,
    ),
  );

/** An offer against which nothing can be said. */
const sound: fc.Arbitrary<Case> = fc
  .record({
    versions,
    coolDownHours: fc.integer({ min: 0, max: 720 }),
    extraMs: fc.nat(),
    pinned: fc.boolean(),
    automatic: fc.boolean(),
    now: fc.integer({ min: 0, max: 4_000_000_000_000 }),
  })
  .map(({ versions: [live = "", version = ""], coolDownHours, extraMs, pinned, automatic, now }) => ({
    offer: { version, node: ">=24", knownForMs: coolDownHours * hour + extraMs },
    known: {
      live,
      runtimes: { bundled: "26.10.0", installed: [] },
      runtimeOffer: null,
      settings: { automatic, held: false, pinned: pinned ? version : null, skipped: [live], coolDownHours },
      history: [{ ...record, to: live }],
      now,
    },
  }));

const set = (one: Case, settings: Partial<Known["settings"]>): Case => ({
  ...one,
  known: { ...one.known, settings: { ...one.known.settings, ...settings } },
});
const remember = (one: Case, more: Partial<UpdateRecord>): Case => ({
  ...one,
  known: { ...one.known, history: [...one.known.history, { ...record, to: one.offer.version, ...more }] },
});

/** Each makes the offer no update at all. */
const notNewer = [
  (one: Case): Case => ({ ...one, known: { ...one.known, live: one.offer.version } }),
  ({ offer, known }: Case): Case => ({
    offer: { ...offer, version: known.live },
    known: { ...known, live: offer.version },
  }),
];
/** Each is for the user to let through. */
const objections = [
  (one: Case): Case => set(one, { held: true }),
  (one: Case): Case => set(one, { pinned: "1999.1.1" }),
  (one: Case): Case => set(one, { skipped: ["1.0.0", one.offer.version] }),
  (one: Case): Case => remember(one, {}),
  (one: Case): Case => remember(one, { outcome: "refused" }),
  (one: Case): Case =>
    remember(one, { kind: "go-back", from: one.offer.version, to: one.known.live, outcome: "committed" }),
  (one: Case): Case => ({ ...one, offer: { ...one.offer, node: ">=28" } }),
];
const tooYoung = (one: Case, missingMs: number): Case => ({
  ...set(one, { coolDownHours: one.known.settings.coolDownHours + 1 }),
  offer: { ...one.offer, knownForMs: (one.known.settings.coolDownHours + 1) * hour - missingMs },
});

test("an offer against which nothing can be said is installed", () => {
  fc.assert(
    fc.property(sound, ({ offer, known }) => {
      assert.deepEqual(chooseUpdate(offer, known), { verdict: "install", version: offer.version });
    }),
  );
});

const anyObjections = (minLength: number) => fc.shuffledSubarray(objections, { minLength });
const missing = fc.integer({ min: 1, max: hour });

test("a version that is not newer is never an update, whatever else", () => {
  fc.assert(
    fc.property(sound, fc.constantFrom(...notNewer), anyObjections(0), (one, move, more) => {
      const { offer, known } = more.reduce((so, object) => object(so), move(one));
      assert.deepEqual(chooseUpdate(offer, known), { verdict: "current" });
    }),
  );
});

test("one objection is enough, whichever others there are and however old the release is", () => {
  fc.assert(
    fc.property(sound, anyObjections(1), fc.option(missing), (one, some, missingMs) => {
      const aged = missingMs === null ? one : tooYoung(one, missingMs);
      const { offer, known } = some.reduce((so, object) => object(so), aged);
      const verdict = chooseUpdate(offer, known);
      assert.equal(verdict.verdict, "hold");
      assert.deepEqual(updateVerdict.parse(verdict), verdict);
    }),
  );
});

test("too young by whatever little: it waits exactly as long as is missing", () => {
  fc.assert(
    fc.property(sound, missing, (one, missingMs) => {
      const { offer, known } = tooYoung(one, missingMs);
      const verdict = chooseUpdate(offer, known);
      assert.equal(verdict.verdict, "wait");
      assert.equal(verdict.until, known.now + missingMs);
      assert.deepEqual(updateVerdict.parse(verdict), verdict);
    }),
  );
});

test("a wait that is repeated ends when it said, and not before", () => {
  fc.assert(
    fc.property(fc.nat({ max: 24 * hour }), fc.nat({ max: 48 * hour }), (knownForMs, later) => {
      const first = chooseUpdate({ ...offer, knownForMs }, known);
      const then = chooseUpdate({ ...offer, knownForMs: knownForMs + later }, { ...known, now: now + later });
      if (first.verdict !== "wait") assert.equal(knownForMs, 24 * hour);
      else assert.equal(then.verdict, now + later >= first.until ? "install" : "wait");
    }),
  );
});

test("only a failure and the way back count against a version, wherever in the history they are", () => {
  const entry: fc.Arbitrary<UpdateRecord> = fc.record({
    id: fc.constant("any"),
    component: fc.constant("openclaw"),
    at: fc.nat(),
    from: fc.constantFrom("1.0.0", "1.1.0", "1.2.0"),
    to: fc.constantFrom("1.0.0", "1.1.0", "1.2.0"),
    kind: fc.constantFrom("update" as const, "go-back" as const),
    outcome: fc.constantFrom(...updateOutcomes),
    error: fc.constant(null),
  });
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 8 }), (history) => {
      const failed = history.some(
        ({ kind, from, to, outcome }) =>
          (kind === "update" && to === "1.1.0" && ["refused", "rolled-back"].includes(outcome)) ||
          (kind === "go-back" && from === "1.1.0" && outcome === "committed"),
      );
      assert.equal(failureOf("1.1.0", history) !== null, failed);
      assert.equal(failureOf("1.1.0", history.toReversed()) !== null, failed);
    }),
    { numRuns: 500 },
  );
});

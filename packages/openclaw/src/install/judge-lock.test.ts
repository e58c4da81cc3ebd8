import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { judgeLock } from "./judge-lock.ts";
import type { Lock, LockedEntry } from "./lock.ts";
import type { SignatureCheck } from "./registry-signatures.ts";

const hash = (what: string): string => `sha512-${what}`;
const entry = (version: string, more: LockedEntry = {}): LockedEntry => ({
  version,
  integrity: hash(version),
  ...more,
});
const list = (packages: Record<string, LockedEntry>): Lock => ({
  packages: {
    "": {},
    ...Object.fromEntries(Object.entries(packages).map(([name, one]) => [`node_modules/${name}`, one])),
  },
});
const check = (state: SignatureCheck["state"], attested = false): SignatureCheck => ({ state, attested });
const earlier = list({
  openclaw: entry("1.0.0", { signed: true, attested: true, hasInstallScript: true }),
  helper: entry("1.0.0", { signed: true }),
});
const next = list({ openclaw: entry("2.0.0", { hasInstallScript: true }), helper: entry("1.0.0") });
const good = { "openclaw@2.0.0": check("signed", true) };

interface Case {
  earlier?: Lock | null;
  next?: Lock;
  signatures?: Record<string, SignatureCheck>;
  registrySigns?: boolean;
}
const judge = (one: Case) =>
  judgeLock({
    earlier,
    next,
    registrySigns: true,
    ...one,
    signatures: new Map(Object.entries(one.signatures ?? good)),
  });
const unsigned = { "openclaw@2.0.0": check("unsigned", true) };
const vetted = list({ openclaw: entry("1.0.0", { hasInstallScript: true }), helper: entry("1.0.0") });
const many = (state: SignatureCheck["state"]) => ({
  next: list(Object.fromEntries(["a", "b", "c", "d", "e"].map((name) => [name, entry("1.0.0")]))),
  signatures: Object.fromEntries(["a", "b", "c", "d", "e"].map((name) => [`${name}@1.0.0`, check(state)])),
});

const table: [string, Case, ReturnType<typeof judgeLock>["verdict"], RegExp?][] = [
  ["everything new is signed", {}, "trusted"],
  [
    "nothing is new, and the registry signs nothing",
    { earlier, next: earlier, signatures: {}, registrySigns: false },
    "trusted",
  ],
  [
    "a signature is missing",
    { signatures: unsigned },
    "hold",
    /^There is no signature for openclaw 2\.0\.0, although/,
  ],
  ["a look is missing", { signatures: {} }, "hold", /^There is no signature for openclaw 2\.0\.0/],
  [
    "only the earlier list was signed",
    { signatures: unsigned, registrySigns: false },
    "hold",
    /although this registry signs/,
  ],
  [
    "only another package is signed",
    {
      earlier: vetted,
      next: list({ openclaw: entry("2.0.0", { hasInstallScript: true }), helper: entry("2.0.0") }),
      signatures: { "openclaw@2.0.0": check("signed"), "helper@2.0.0": check("unsigned") },
      registrySigns: false,
    },
    "hold",
    /^There is no signature for helper 2\.0\.0, although/,
  ],
  [
    "the registry signs nothing, and there is a vetted list",
    { earlier: vetted, signatures: unsigned, registrySigns: false },
    "hold",
    /^This registry does not sign its packages, so nothing vouches for openclaw 2\.0\.0\.$/,
  ],
  [
    "the registry signs nothing, and there is no list",
    { ...many("unsigned"), earlier: null, registrySigns: false },
    "hold",
    /vouches for a 1\.0\.0, b 1\.0\.0, c 1\.0\.0 and 2 more\.$/,
  ],
  ["no list, but signed", { ...many("signed"), earlier: null }, "trusted"],
  [
    "an expired key",
    { signatures: { "openclaw@2.0.0": check("expired", true) } },
    "hold",
    /^Only a key that is no longer in use/,
  ],
  [
    "the proof of origin is gone",
    { signatures: { "openclaw@2.0.0": check("signed") } },
    "hold",
    /^Earlier versions had a proof/,
  ],
  [
    "a new install script in a known package",
    {
      next: list({ openclaw: entry("2.0.0"), helper: entry("2.0.0", { hasInstallScript: true }) }),
      signatures: { ...good, "helper@2.0.0": check("signed") },
    },
    "hold",
    /^There is a new install script in helper 2\.0\.0\.$/,
  ],
  [
    "an install script in a new package",
    {
      next: list({ openclaw: entry("2.0.0"), worm: entry("1.0.0", { hasInstallScript: true }) }),
      signatures: { ...good, "worm@1.0.0": check("signed") },
    },
    "hold",
    /^There is a new install script in worm 1\.0\.0\.$/,
  ],
  [
    "a wrong signature",
    { signatures: { "openclaw@2.0.0": check("wrong-signature") } },
    "refused",
    /^The signature of openclaw 2\.0\.0 is wrong/,
  ],
  [
    "an unknown key",
    { signatures: { "openclaw@2.0.0": check("unknown-key") } },
    "refused",
    /does not know the key/,
  ],
  ["two files", { signatures: { "openclaw@2.0.0": check("other-file") } }, "refused", /two different files/],
  [
    "another file under the same version, rightly signed",
    {
      next: list({ openclaw: entry("1.0.0", { integrity: hash("other") }) }),
      signatures: { "openclaw@1.0.0": check("signed", true) },
    },
    "refused",
    /another file than before under the same version of openclaw 1\.0\.0/,
  ],
  [
    "two files under one version, one of them signed",
    {
      next: list({
        openclaw: entry("2.0.0"),
        "openclaw/node_modules/helper": entry("3.0.0", { integrity: hash("other") }),
        helper: entry("3.0.0"),
      }),
      signatures: { ...good, "helper@3.0.0": check("signed") },
    },
    "refused",
    /two different files for helper 3\.0\.0\.$/,
  ],
  [
    "what is bundled does not count",
    {
      next: list({
        openclaw: entry("2.0.0"),
        "openclaw/node_modules/x": { version: "1.0.0", inBundle: true },
      }),
    },
    "trusted",
  ],
  [
    "a package under another name counts by its own",
    {
      next: list({ openclaw: entry("2.0.0"), alias: entry("1.0.0", { name: "helper" }) }),
    },
    "trusted",
  ],
];
for (const [what, one, verdict, says] of table)
  test(`${what}: ${verdict}`, () => {
    const judged = judge(one);
    assert.equal(judged.verdict, verdict);
    const said =
      judged.verdict === "hold"
        ? judged.reasons.join(" ")
        : judged.verdict === "refused"
          ? judged.reason
          : "";
    assert.match(said, says ?? /^$/);
  });

const states = ["signed", "unsigned", "expired", "wrong-signature", "unknown-key", "other-file"] as const;
const anEntry = fc.record({
  version: fc.constantFrom("1.0.0", "2.0.0"),
  integrity: fc.constantFrom(hash("x"), hash("y")),
  hasInstallScript: fc.boolean(),
  signed: fc.boolean(),
  attested: fc.boolean(),
});
const names = ["a", "b", "c", "d", "e"];
const aList = fc.dictionary(fc.constantFrom(...names), anEntry).map(list);
const aCase = fc.record({
  earlier: fc.option(aList),
  next: aList,
  registrySigns: fc.boolean(),
  signatures: fc.dictionary(
    fc.constantFrom(...names.flatMap((name) => [`${name}@1.0.0`, `${name}@2.0.0`])),
    fc.record({ state: fc.constantFrom(...states), attested: fc.boolean() }),
  ),
});

test("trusted is only what was trusted before, or is signed, without a new script and with its proof", () => {
  fc.assert(
    fc.property(aCase, (one) => {
      if (judge(one).verdict !== "trusted") return;
      for (const [path, found] of Object.entries(one.next.packages)) {
        const before = one.earlier?.packages[path];
        const same = before?.version === found.version && before?.integrity === found.integrity;
        if (path === "" || same) continue;
        const look = one.signatures[`${path.replace("node_modules/", "")}@${found.version}`];
        assert.equal(look?.state, "signed");
        assert.ok(before?.version !== found.version, "no other file under the same version");
        assert.ok(found.hasInstallScript !== true || before?.hasInstallScript === true);
        assert.ok(before?.attested !== true || look.attested);
      }
    }),
    { numRuns: 2_000 },
  );
});

test("whoever takes signatures or proofs away gains nothing", () => {
  const rank = { trusted: 0, hold: 1, refused: 2 };
  fc.assert(
    fc.property(aCase, fc.constantFrom(...names), (one, name) => {
      const worse = Object.fromEntries(
        Object.entries(one.signatures).map(([id, look]) =>
          id.startsWith(`${name}@`) && ["signed", "expired"].includes(look.state)
            ? [id, check("unsigned")]
            : [id, look],
        ),
      );
      assert.ok(rank[judge({ ...one, signatures: worse }).verdict] >= rank[judge(one).verdict]);
    }),
  );
});

test("a reason names three packages at most", () => {
  fc.assert(
    fc.property(aCase, (one) => {
      const judged = judge(one);
      const reasons =
        judged.verdict === "hold" ? judged.reasons : judged.verdict === "refused" ? [judged.reason] : [];
      for (const reason of reasons) {
        assert.ok([...reason.matchAll(/\b[a-e] \d\.0\.0/g)].length <= 3);
        assert.match(reason, /^[A-Z].*\.$/);
      }
    }),
  );
});

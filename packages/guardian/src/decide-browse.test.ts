import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Need } from "./analysis/report.ts";
import { effectsOf, riskOf, scopesFor } from "./broker/describe.ts";
import { worldOfLines } from "./check/world-of-lines.ts";
import { createJudge } from "./decide.ts";
import { checkScope } from "./grants/check-scope.ts";
import { examplesOf } from "./grants/examples.ts";
import { browsing, type Grant, type Scope } from "./grants/grant.ts";
import { newGrantForm } from "./grants/grant-record.ts";
import { start, until } from "./grants/testing/test-store.ts";

const world = worldOfLines();
const origins = ["https://example.org", "http://example.org", "https://other.example.org"];
const scopes = origins.flatMap((origin) => browsing.map((may): Scope => ({ type: "browse", origin, may })));
const needs = scopes as readonly Need[];
const allow = (scope: Scope): Grant => ({ id: "a", effect: "allow", scope, callers: ["owner"], until: null });
const deny = (scope: Scope): Grant => ({ id: "d", effect: "deny", scope, callers: null, until: null });
const decide = (grants: readonly Grant[], need: Need, caller = "owner") =>
  createJudge(grants, world)({ needs: [need], unknown: [], refused: [] }, { callers: [caller], now: 10 });
const page = (may: (typeof browsing)[number], origin = "https://example.org") =>
  ({ type: "browse", origin, may }) as const;

test("who may do more may do less, and only on pages of that very origin", () => {
  const allowed = (granted: Scope): string =>
    needs
      .filter((need) => decide([allow(granted)], need).decision === "allow")
      .map((need) => (need.type === "browse" ? `${need.origin} ${need.may}` : ""))
      .join();
  assert.equal(allowed(page("read")), "https://example.org read");
  assert.equal(allowed(page("act")), "https://example.org read,https://example.org act");
  assert.equal(
    allowed(page("script")),
    "https://example.org read,https://example.org act,https://example.org script",
  );
  assert.equal(decide([], page("read")).decision, "ask");
  assert.deepEqual(decide([], page("act")).reasons, [
    "acting in pages of https://example.org is not granted",
  ]);
  assert.equal(decide([allow(page("script"))], page("read"), "channel:x").decision, "deny");
  // A host that commands may fetch from is no page, and the other way round.
  const host: Scope = { type: "reach", host: "example.org" };
  assert.equal(decide([allow(host)], page("read")).decision, "ask");
  const reach: Need = { type: "reach", host: "example.org", port: 443, sends: false };
  assert.equal(decide([allow(page("script"))], reach).decision, "ask");
});

test("what is forbidden is forbidden with all that is more", () => {
  const forbidden = (may: (typeof browsing)[number]): string =>
    browsing
      .filter((one) => decide([allow(page("script")), deny(page(may))], page(one)).decision === "deny")
      .join();
  assert.equal(forbidden("read"), "read,act,script");
  assert.equal(forbidden("act"), "act,script");
  assert.equal(forbidden("script"), "script");
});

test("one more grant that allows never takes an answer away, and one more that forbids never gives one", () => {
  const grants = fc.array(
    fc.record({
      id: fc.nat().map(String),
      effect: fc.constantFrom("allow" as const, "allow" as const, "deny" as const),
      scope: fc.constantFrom(...scopes),
      callers: fc.constantFrom(["owner"], null, ["session:A"]),
      until: fc.constantFrom(null, 5, 15),
    }),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(grants, grants, fc.constantFrom(...needs), (some, more, need) => {
      const before = decide(some, need).decision;
      const given = decide([...some, ...more.map((one): Grant => ({ ...one, effect: "allow" }))], need);
      const taken = decide([...some, ...more.map((one): Grant => ({ ...one, effect: "deny" }))], need);
      if (before === "allow") assert.equal(given.decision, "allow");
      if (before !== "allow") assert.notEqual(taken.decision, "allow");
    }),
    { numRuns: 3000 },
  );
});

test("a card says what it is, and offers scripts for no longer than once", () => {
  const card = (need: Need) => {
    const decision = decide([], need);
    return [
      effectsOf(decision)
        .map(({ kind }) => kind)
        .join(),
      riskOf(decision),
      scopesFor(decision),
    ];
  };
  assert.deepEqual(card(page("read")), ["browse", "blue", [page("read")]]);
  assert.deepEqual(card(page("act")), ["act", "amber", [page("act")]]);
  assert.deepEqual(card(page("script")), ["script", "red", null]);
});

test("an origin is granted as URL writes it, of a public name, and scripts never as an answer", () => {
  const form = { effect: "allow", callers: ["owner"], duration: until(start + 1), source: "tab" } as const;
  const isGranted = (scope: object, more: object = {}): boolean =>
    newGrantForm.safeParse({ ...form, scope, ...more }).success;
  for (const scope of scopes) {
    assert.equal(isGranted(scope), true, JSON.stringify(scope));
    assert.equal(checkScope({ effect: "allow", scope }, world), null);
  }
  assert.equal(isGranted(page("act"), { source: "request" }), true);
  assert.equal(isGranted(page("script"), { source: "request" }), false);
  assert.equal(isGranted(page("script"), { source: "request", effect: "deny" }), true);
  assert.equal(isGranted({ ...page("read"), may: "everything" }), false);
  assert.equal(isGranted({ ...page("read"), more: 1 }), false);
  for (const origin of [
    "",
    "example.org",
    "https://*.example.org",
    "https://example.org/",
    "https://example.org/a",
    "https://Example.org",
    "https://exämple.org",
    "https://user@example.org",
    "https://example.org:443",
    "https://example.org:8443",
    "https://example.org.",
    "ws://example.org",
    "file://",
    "null",
    "https://localhost",
    "https://x.localhost",
    "https://intranet",
    "https://nas.local",
    "https://127.0.0.1",
    "https://[::1]",
  ]) {
    assert.equal(isGranted(page("read", origin)), false, origin);
    assert.notEqual(checkScope({ effect: "allow", scope: page("read", origin) }, world), null, origin);
  }
});

test("what an example says is allowed is allowed by that grant, and what it says is refused is not", () => {
  const meant = (text: string): Need => {
    const [, words = "", address = ""] = /^(.*) (\S+)$/.exec(text) ?? [];
    const deeds = {
      open: "read",
      read: "read",
      "fill in a form on": "act",
      "run a script on": "script",
    } as const;
    return page(deeds[words as keyof typeof deeds], new URL(address).origin);
  };
  for (const scope of scopes) {
    const { allows, refuses } = examplesOf(scope);
    for (const examples of [allows, refuses]) assert.ok(examples.length > 0 && examples.length <= 3);
    for (const text of allows) assert.equal(decide([allow(scope)], meant(text)).decision, "allow", text);
    for (const text of refuses) assert.notEqual(decide([allow(scope)], meant(text)).decision, "allow", text);
  }
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { createDecider, type Decision } from "./decide.ts";
import type { Grant, Scope } from "./grants/grant.ts";
import { worldOfLines } from "./check/world-of-lines.ts";

const world = worldOfLines();
const grant = (scope: Scope, effect: Grant["effect"] = "allow"): Grant => ({
  id: JSON.stringify(scope),
  effect,
  scope,
  callers: ["owner"],
  until: null,
});
const exactly = (text: string): Grant => grant({ type: "run", words: text.split(" "), rest: false });
const reach = (host: string, effect: Grant["effect"] = "allow"): Grant =>
  grant({ type: "reach", host }, effect);
const decide = (text: string, ...grants: Grant[]): Decision =>
  createDecider(grants, world)({ text, folder: "/home/u/proj", caller: "owner", now: 0 });
const hosts = ({ report }: Decision): string[] =>
  report.needs.flatMap((need) => (need.type === "reach" ? [need.host] : []));

test("an address that a program is given is shown where it is asked, and missing", () => {
  for (const text of [
    "git clone https://good.test/a",
    "npm install --registry=https://good.test/",
    "curl -sS https://good.test/page?one",
    "c=curl; wget --strange https://good.test/",
  ]) {
    const decision = decide(text);
    assert.equal(decision.decision, "ask", text);
    assert.deepEqual(hosts(decision), ["good.test"], text);
    assert.ok(decision.missing.some((need) => need.type === "reach" && !need.sends));
  }
});

test("it makes no question by itself, and counts only where its host was granted", () => {
  const text = "git clone https://good.test/a";
  const alone = decide(text, exactly(text));
  assert.deepEqual([alone.decision, hosts(alone)], ["allow", []]);
  const granted = decide(text, exactly(text), reach("good.test"));
  assert.deepEqual([granted.decision, hosts(granted)], ["allow", ["good.test"]]);
  assert.ok(granted.grants.includes(reach("good.test").id));
  const other = decide(text, exactly(text), reach("other.test"));
  assert.deepEqual([other.decision, hosts(other)], ["allow", []]);
  const forbidden = decide(text, exactly(text), reach("good.test", "deny"));
  assert.deepEqual([forbidden.decision, hosts(forbidden)], ["allow", []]);
  assert.deepEqual(hosts(decide(text, reach("good.test", "deny"))), [], "nor is what is forbidden offered");
});

test("a host lets nothing through that was not let through without it", () => {
  for (const text of ["git clone https://good.test/a", "strange https://good.test/", "$c https://good.test/"])
    assert.notEqual(decide(text, reach("good.test")).decision, "allow", text);
});

test("what no exit leads to, and what is only known at the run, is no host", () => {
  for (const address of [
    "https://127.0.0.1/",
    "https://localhost/",
    "http://good.test/",
    "https://good.test:8443/",
    "https://u@good.test/",
    "https://$h.test/",
    "https://good.test$h/",
  ])
    assert.deepEqual(hosts(decide(`git clone ${address}`)), [], address);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createTickets, type Permit } from "./tickets.ts";

const permit = (text: string): Permit => ({
  session: "agent:main:1",
  root: "agent:main:1",
  toolCallId: "c",
  text,
  folder: "/p",
  environment: {},
  plan: { folder: "/p", readable: [], writable: [], hidden: [], kept: [], versionControl: false, hosts: [] },
  callers: ["owner"],
  decision: {
    decision: "allow",
    reasons: [],
    grants: [],
    missing: [],
    report: { needs: [], unknown: [], refused: [] },
  },
  without: null,
  epoch: 1,
});

test("a ticket is good once, for what it was made for, and nobody guesses one", () => {
  const tickets = createTickets({ now: () => 0 });
  const [one, other] = [tickets.mint(permit("one")), tickets.mint(permit("other"))];
  assert.notEqual(one, other);
  assert.match(one, /^[\w-]{32}$/, "24 bytes");
  assert.equal(tickets.redeem(one)?.text, "one");
  assert.equal(tickets.redeem(one), null);
  for (const forged of ["", "__proto__", other.slice(0, -1), `${other} `, other.toUpperCase()])
    assert.equal(tickets.redeem(forged), null);
  assert.equal(tickets.redeem(other)?.text, "other");
});

test("it is good for half a minute", () => {
  let now = 0;
  const tickets = createTickets({ now: () => now });
  const [one, other] = [tickets.mint(permit("one")), tickets.mint(permit("other"))];
  now = 30_000;
  assert.equal(tickets.redeem(one)?.text, "one");
  now = 30_001;
  assert.equal(tickets.redeem(other), null);
  now = 0;
  assert.equal(tickets.redeem(other), null, "also when the clock is set back");
});

test("whatever is minted, redeemed, voided and waited for: one start a ticket, never a late one", () => {
  const step = fc.oneof(
    fc.constant({ kind: "mint" } as const),
    fc.constant({ kind: "void" } as const),
    fc.record({ kind: fc.constant("redeem" as const), at: fc.nat(12) }),
    fc.record({ kind: fc.constant("wait" as const), ms: fc.nat(20_000) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      let now = 0;
      const tickets = createTickets({ now: () => now });
      const model: { ticket: string; at: number; good: boolean }[] = [];
      for (const one of steps) {
        if (one.kind === "mint")
          model.push({ ticket: tickets.mint(permit(`${model.length}`)), at: now, good: true });
        else if (one.kind === "wait") now += one.ms;
        else if (one.kind === "void") {
          tickets.voidAll();
          for (const each of model) each.good = false;
        } else {
          const wanted = model[one.at];
          if (wanted === undefined) continue;
          const isGood = wanted.good && now - wanted.at <= 30_000;
          assert.equal(tickets.redeem(wanted.ticket)?.text, isGood ? `${one.at}` : undefined);
          wanted.good = false;
        }
      }
    }),
    { numRuns: 200 },
  );
});

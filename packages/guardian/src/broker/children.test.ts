import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createChildren, type Family } from "./children.ts";

const [parent, child, other] = ["agent:main:1", "agent:main:subagent:a", "agent:main:subagent:b"];
const family: Family = { root: parent, isOwner: true };

function open() {
  const timers: (() => void)[] = [];
  const setTimer = (_: number, run: () => void) => {
    timers.push(run);
    return () => void timers.splice(timers.indexOf(run), 1);
  };
  return { children: createChildren({ setTimer }), timers };
}

test("a sub-agent works for who was let to start it, and for nobody without", async () => {
  const { children } = open();
  children.started(child, parent);
  assert.equal(await children.familyOf(child), null);
  children.expect(parent, family);
  children.started(child, parent);
  children.started(other, parent);
  assert.deepEqual(await children.familyOf(child), family);
  assert.equal(await children.familyOf(other), null, "one call starts one");
  assert.equal(await children.familyOf(parent), null);
});

test("whose it is is not said again by another one", async () => {
  const { children } = open();
  const stranger = "agent:main:telegram:direct:1";
  children.expect(parent, family);
  children.started(child, parent);
  children.expect(stranger, { root: stranger, isOwner: false });
  children.started(child, stranger);
  assert.deepEqual(await children.familyOf(child), family);
  children.expect(parent, family);
  children.started("agent:main:telegram:direct:2", parent);
  assert.equal(await children.familyOf("agent:main:telegram:direct:2"), null, "only sub-agents are");
});

test("a word that is on the way is waited for, and not for ever", async () => {
  const { children, timers } = open();
  children.expect(parent, family);
  const [first, second] = [children.familyOf(child), children.familyOf(other)];
  children.started(child, parent);
  assert.deepEqual(await first, family);
  assert.equal(timers.length, 1);
  timers[0]?.();
  assert.equal(await second, null);
});

test("no order of words gives a sub-agent a family that did not let one be started", async () => {
  const sessions = fc.constantFrom("agent:main:1", "agent:main:2", "agent:main:subagent:a");
  const children = fc.constantFrom("agent:main:subagent:a", "agent:main:subagent:b");
  const step = fc.oneof(fc.record({ expect: sessions }), fc.record({ child: children, parent: sessions }));
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
      const it = open();
      const allowed = new Map<string, number>();
      for (const one of steps) {
        if ("expect" in one) {
          it.children.expect(one.expect, { root: one.expect, isOwner: true });
          allowed.set(one.expect, (allowed.get(one.expect) ?? 0) + 1);
        } else it.children.started(one.child, one.parent);
      }
      const found: (Family | null)[] = [];
      for (const name of ["agent:main:subagent:a", "agent:main:subagent:b"]) {
        const answer = it.children.familyOf(name);
        for (const end of it.timers.slice()) end();
        found.push(await answer);
      }
      for (const one of found) if (one !== null) assert.ok((allowed.get(one.root) ?? 0) > 0);
    }),
  );
});

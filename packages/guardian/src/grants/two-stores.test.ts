/** The daemon and another process on one file. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { addOne, day, grant, hour, inForce, run, start, testPlace, until } from "./testing/test-store.ts";

const effects = fc.constantFrom("allow" as const, "deny" as const);
const step = fc.record({
  by: fc.nat(1),
  what: fc.constantFrom("add", "add", "add", "revoke", "renew", "used", "panic", "arm"),
  effect: effects,
  which: fc.nat(),
});

test("what one does, the other one knows at once", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const place = testPlace();
      const stores = [place.open(), place.open()] as const;
      let told = 0;
      stores[1].onChange(() => (told += 1));
      for (const { by, what, effect, which } of steps) {
        const store = stores[by === 0 ? 0 : 1];
        const ids = store.list().map(({ id }) => id);
        const id = ids[which % Math.max(1, ids.length)] ?? "";
        try {
          if (what === "add") store.add([grant({ type: "undo" }, { effect })]);
          else if (what === "revoke") store.revoke(id);
          else if (what === "renew") store.renew(id, until(start + 20 * day));
          else if (what === "panic") store.panic();
          else if (what === "arm") store.arm();
          else {
            place.clock.time += hour;
            store.used([id]);
          }
        } catch (error) {
          assert.match((error as { code: string }).code, /^(?:NOT_FOUND|CONFLICT)$/);
        }
        const [one, other] = stores.map((each) => [
          each.effective(),
          each.list(),
          each.epoch(),
          each.isArmed(),
          each.damage(),
        ]);
        assert.deepEqual(one, other);
      }
      assert.ok(
        told > 0 || steps.every(({ what }) => !/add|panic/.test(what)) || stores[0].list().length === 0,
      );
      for (const store of stores) store.close();
      assert.deepEqual(place.logged, []);
    }),
    { numRuns: 60 },
  );
});

test("uses that both count are all counted", () => {
  const place = testPlace();
  const [one, other] = [place.open(), place.open()];
  const id = addOne(one, grant(run("ls")));
  for (let times = 0; times < 10; times += 1) {
    one.used([id]);
    other.used([id]);
  }
  one.close();
  other.close();
  const store = place.open();
  assert.deepEqual(
    store.list().map(({ uses }) => uses),
    [20],
  );
  store.close();
});

test("a panic of one is one of the other, also when that one cannot write", () => {
  const place = testPlace();
  const [one, other] = [place.open(), place.open()];
  one.add([grant(run("ls")), grant(run("rm"), { effect: "deny" })]);
  assert.equal(inForce(other).allow.length, 1);
  const stranger = place.stranger();
  stranger.exec("BEGIN IMMEDIATE");
  assert.throws(() => one.panic(), { code: "CONFLICT" });
  assert.deepEqual([inForce(one).allow, one.isArmed(), one.epoch()], [[], false, 2]);
  assert.equal(inForce(other).allow.length, 1);
  assert.throws(() => other.add([grant(run("cat"))]), { code: "CONFLICT" });
  stranger.exec("ROLLBACK");
  // The other one is armed and goes on, until this one can write.
  other.add([grant(run("cat"))]);
  assert.deepEqual(inForce(one).allow, []);
  one.add([grant(run("dd"), { effect: "deny" })]);
  assert.deepEqual([inForce(one).allow, inForce(other).allow], [[], []]);
  assert.deepEqual([other.isArmed(), other.epoch(), one.epoch()], [false, 2, 2]);
  for (const each of [one, other, stranger]) each.close();
});

test("what another program holds is not taken for damage, and not written over", () => {
  const place = testPlace();
  let store = place.open();
  store.add([grant(run("ls")), grant(run("rm"), { effect: "deny" })]);
  store.close();
  const stranger = place.stranger();
  stranger.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; UPDATE state SET only = 1; COMMIT");
  store = place.open();
  assert.deepEqual(inForce(store), { allow: [], deny: [] });
  assert.match(store.damage() ?? "", /another program holds it/);
  assert.throws(() => store.repair(), { code: "CONFLICT" });
  assert.throws(() => store.add([grant(run("cat"))]), { code: "CONFLICT" });
  const begin = performance.now();
  for (let times = 0; times < 100; times += 1) store.effective();
  assert.ok(performance.now() - begin < 500);
  stranger.close();
  assert.throws(() => store.repair(), { code: "CONFLICT" });
  place.clock.time += 5000;
  assert.deepEqual([store.damage(), inForce(store).allow.length, inForce(store).deny.length], [null, 1, 1]);
  store.close();
});

test("processes that write at the same time lose nothing", async () => {
  const place = testPlace();
  const store = place.open();
  const script = `
    const { testPlace, grant, run } = await import(${JSON.stringify(new URL("testing/test-store.ts", import.meta.url))});
    const place = testPlace(${JSON.stringify(dirname(dirname(place.file)))});
    const store = place.open();
    for (let times = 0; times < 30; times += 1) store.add([grant(run("ls -" + times))]);
    store.close();`;
  const children = [1, 2].map(() =>
    spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "inherit" }),
  );
  for (let times = 0; times < 30; times += 1) store.add([grant(run("cat"))]);
  for (const child of children)
    if (child.exitCode === null) assert.deepEqual(await once(child, "exit"), [0, null]);
  assert.deepEqual([store.list().length, inForce(store).allow.length, store.damage()], [90, 90, null]);
  store.close();
});

test("two that make the file at the same time have one file", async () => {
  const place = testPlace();
  const script = `
    const { testPlace, grant, run } = await import(${JSON.stringify(new URL("testing/test-store.ts", import.meta.url))});
    const place = testPlace(${JSON.stringify(dirname(dirname(place.file)))});
    while (Date.now() < Number(process.argv[1]));
    const store = place.open();
    store.add([grant(run("ls"))]);
    store.close();`;
  const at = String(Date.now() + 1500);
  const children = [1, 2, 3].map(() =>
    spawn(process.execPath, ["--input-type=module", "-e", script, at], { stdio: "inherit" }),
  );
  for (const child of children)
    if (child.exitCode === null) assert.deepEqual(await once(child, "exit"), [0, null]);
  const store = place.open();
  assert.deepEqual([store.list().length, store.damage()], [3, null]);
  store.close();
});

/** Updates to a release that does not run on SmartClaw's own Node: the real updater and store, a toy on the disk. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { SmartClawError, type UpdateVerdict } from "@smartclaw/contracts";
import { openUpdateStore } from "./store/update-store.ts";
import { createToyTarget, installToy, listToyRuntimes } from "./testing/toy-target.ts";
import { live, type Transaction } from "./transaction/transaction.ts";
import { createUpdater } from "./updater.ts";

const home = mkdtempSync(join(tmpdir(), "sc-runtimes-"));
after(() => rmSync(home, { recursive: true, force: true }));
const log = { info() {}, warn() {}, error() {} };
const hour = 3_600_000;
let count = 0;

/** A user of 1.0.0 on the bundled Node, to whom 1.1.0 is offered, which needs Node 28. */
function start() {
  const root = join(home, String((count += 1)));
  installToy(root);
  const world = {
    now: 1_800_000_000_000,
    needs: ">=28",
    published: ["24.21.0", "28.1.0"] as string[],
    unreachable: false,
    /** Releases that lie there, with their `engines.node`. */
    there: new Map<string, string>(),
    asked: [] as string[],
    /** Each Node that a transaction named, and the one that the journal did, in the moment the work began. */
    staged: [] as string[],
  };
  let id = 0;
  const open = (bundled = "26.10.0") => {
    const store = openUpdateStore({ file: join(root, "updates.sqlite"), log });
    const toy = createToyTarget(root, "good");
    return createUpdater({
      component: "openclaw",
      store,
      target: {
        ...toy,
        stage(update: Transaction, ...rest) {
          world.staged.push(`${update.to.node} ${store.journal()?.to.node}`);
          return toy.stage(update, ...rest);
        },
      },
      registry: {
        newest: () => Promise.resolve({ version: "1.1.0", bytes: 21 }),
        release(version) {
          world.asked.push(version);
          return Promise.resolve({ node: world.needs, bytes: 1000 });
        },
      },
      nodeVersion: bundled,
      runtimes: {
        installed: () => listToyRuntimes(root),
        neededBy: (version) => world.there.get(version) ?? null,
        async published() {
          world.asked.push("nodes");
          if (world.unreachable) throw new SmartClawError("NETWORK_UNREACHABLE", "Nobody answers.", "Wait.");
          return { versions: world.published, bytes: 50_000 };
        },
      },
      conditions: () => Promise.resolve({ metered: false, batteryLeft: null }),
      clock: { now: () => world.now },
      steady: () => world.now,
      random: () => 0.5,
      newId: () => `${(id += 1)}`,
      setTimer: () => () => {},
      log,
    });
  };
  let updater = open();
  const ended = async (): Promise<void> => {
    while (updater.status().running !== null) await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    root,
    world,
    ended,
    /** The daemon ends and starts again, perhaps on another Node. */
    async restart(bundled?: string) {
      await updater.close();
      updater = open(bundled);
    },
    /** A look after so many hours, and what it brings about. */
    async look(hours: number): Promise<UpdateVerdict | null> {
      world.now += hours * hour;
      const { found } = await updater.check();
      await ended();
      return found;
    },
    live() {
      const { version, node } = live.parse(JSON.parse(readFileSync(join(root, "live.json"), "utf8")));
      return `${version} on ${node}`;
    },
    get updater() {
      return updater;
    },
  };
}

/** The cool-down of the release has ended, and its Node is known now. */
async function metNode(house: ReturnType<typeof start>): Promise<void> {
  await house.look(0);
  for (let looks = 0; looks < 4; looks += 1) await house.look(6);
}

test("the Node that a release needs is waited for, and comes with it", async () => {
  const house = start();
  await metNode(house);
  const { found, lastCheck } = house.updater.status();
  assert.deepEqual(found, {
    verdict: "wait",
    version: "1.1.0",
    until: house.world.now + 24 * hour,
    reason:
      "Node 28.1.0, which it needs, is new; SmartClaw waits 24 hours, in which a bad release is usually found out.",
  });
  assert.equal(lastCheck?.bytes, 21 + 1000 + 50_000);
  for (let looks = 0; looks < 3; looks += 1) assert.equal((await house.look(6))?.verdict, "wait");
  assert.equal(house.live(), "1.0.0 on bundled");
  await house.look(6);
  assert.equal(house.live(), "1.1.0 on 28.1.0");
  assert.deepEqual(house.world.staged, ["28.1.0 28.1.0"], "the journal named it before anything was fetched");
  await house.updater.close();
});

test("a newer Node each day does not keep an update away; one that was withdrawn is not taken", async () => {
  const house = start();
  await metNode(house);
  for (const newer of ["28.2.0", "28.3.0", "28.4.0"]) {
    house.world.published.push(newer);
    await house.look(6);
  }
  house.world.published = house.world.published.filter((version) => version !== "28.1.0");
  const found = await house.look(6);
  assert.match(found?.verdict === "wait" ? found.reason : "", /^Node 28\.4\.0/);
  for (let looks = 0; looks < 4; looks += 1) {
    house.world.published.push(`28.${5 + looks}.0`);
    await house.look(6);
  }
  assert.equal(house.live(), "1.1.0 on 28.4.0");
  await house.updater.close();
});

test("a look at the Nodes that fails changes nothing, and the next one goes on", async () => {
  const house = start();
  house.updater.change({ coolDownHours: 0 });
  house.world.unreachable = true;
  await house.look(0);
  const { lastCheck, found } = house.updater.status();
  assert.equal(lastCheck?.error?.code, "NETWORK_UNREACHABLE");
  assert.equal(found?.verdict, "hold");
  assert.equal(house.live(), "1.0.0 on bundled");
  house.world.unreachable = false;
  await house.look(6);
  assert.equal(house.live(), "1.1.0 on 28.1.0");
  await house.updater.close();
});

test("without a Node that would do a release is held, until there is one", async () => {
  const house = start();
  house.updater.change({ coolDownHours: 0 });
  house.world.published = ["24.21.0", "27.0.0", "28.0.0-rc.1"];
  const found = await house.look(0);
  assert.deepEqual(found, {
    verdict: "hold",
    version: "1.1.0",
    reason: "It needs Node >=28; SmartClaw brings 26.10.0, and found no other that would do.",
  });
  await assert.rejects(house.updater.apply(), {
    code: "UPDATE_REFUSED",
    message: "OpenClaw 1.1.0 needs Node >=28; SmartClaw brings 26.10.0, and found no other that would do.",
  });
  assert.equal(house.updater.history(10).length, 0);
  house.world.published.push("28.0.0");
  await house.look(6);
  assert.equal(house.live(), "1.1.0 on 28.0.0");
  await house.updater.close();
});

test("by hand nothing is waited for, and nobody is asked about what lies there", async () => {
  const house = start();
  await house.updater.apply();
  await house.ended();
  assert.equal(house.live(), "1.1.0 on 28.1.0");
  assert.deepEqual(house.world.asked, ["1.1.0", "nodes"]);
  house.world.there.set("1.2.0", ">=28.1");
  await house.updater.apply("1.2.0");
  await house.ended();
  assert.equal(house.live(), "1.2.0 on 28.1.0");
  house.world.there.set("1.3.0", ">=26");
  await house.updater.apply("1.3.0");
  await house.ended();
  assert.equal(house.live(), "1.3.0 on bundled");
  assert.equal(house.world.asked.length, 2);
  await house.updater.close();
});

test("two updates by hand at once: the second is refused, also while the first one asks", async () => {
  const house = start();
  const both = await Promise.allSettled([house.updater.apply(), house.updater.apply()]);
  assert.deepEqual(both.map(({ status }) => status).toSorted(), ["fulfilled", "rejected"]);
  await house.ended();
  assert.equal(house.updater.history(10).length, 1);
  await house.updater.close();
});

test("back goes to the Node of before, and its Node stays as long as a release is kept that needs it", async () => {
  const house = start();
  await house.updater.apply();
  await house.ended();
  await house.updater.goBack();
  await house.ended();
  assert.equal(house.live(), "1.0.0 on bundled");
  assert.deepEqual(listToyRuntimes(house.root), ["28.1.0"], "1.1.0 is kept as the release before");
  await house.updater.goBack();
  await house.ended();
  assert.equal(house.live(), "1.1.0 on 28.1.0");
  for (const version of ["1.2.0", "1.3.0"]) {
    house.world.there.set(version, ">=24");
    await house.updater.apply(version);
    await house.ended();
  }
  assert.equal(house.live(), "1.3.0 on bundled");
  assert.deepEqual(listToyRuntimes(house.root), []);
  await house.updater.close();
});

test("back to a release that does not run on the Node that SmartClaw brings by now takes one that lies there", async () => {
  const house = start();
  house.world.there.set("1.0.0", ">=26 <30");
  await house.updater.apply();
  await house.ended();
  await house.restart("30.1.0");
  await house.updater.goBack();
  await house.ended();
  assert.equal(house.live(), "1.0.0 on 28.1.0");
  await house.updater.close();
});

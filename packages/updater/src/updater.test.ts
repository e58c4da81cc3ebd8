import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { SmartClawError } from "@smartclaw/contracts";
import { openUpdateStore, type UpdateStore } from "./store/update-store.ts";
import { type Character, createToyTarget, installToy } from "./testing/toy-target.ts";
import type { UpdateTarget } from "./transaction/update-target.ts";
import { createUpdater, type Updater } from "./updater.ts";

const home = mkdtempSync(join(tmpdir(), "sc-updater-"));
after(() => rmSync(home, { recursive: true, force: true }));
const log = { info() {}, warn() {}, error() {} };
const minute = 60_000;
const hour = 60 * minute;
let count = 0;

function raise(error: Error): never {
  throw error;
}

function start(
  options: {
    newest?: string;
    character?: Character;
    root?: string;
    target?: Partial<UpdateTarget>;
    store?: Partial<UpdateStore>;
  } = {},
) {
  const root = options.root ?? join(home, String((count += 1)));
  if (!existsSync(root)) installToy(root);
  const clock = { now: 1_800_000_000_000 };
  const asked: string[] = [];
  const computer = { metered: false, batteryLeft: null as number | null };
  const timers = new Set<() => void>();
  const store = openUpdateStore({ file: join(root, "updates.sqlite"), log });
  let id = 0;
  const updater = createUpdater({
    component: "openclaw",
    store: { ...store, ...options.store },
    target: { ...createToyTarget(root, options.character ?? "good"), ...options.target },
    registry: {
      newest: () => {
        asked.push("newest");
        return Promise.resolve({ version: options.newest ?? "1.1.0", bytes: 21 });
      },
      release: (version) => {
        asked.push(version);
        const rest = { node: "*", integrity: "sha512-", schemaVersions: {}, bytes: 1000 };
        return Promise.resolve({ version, ...rest });
      },
    },
    nodeVersion: "26.10.0",
    conditions: () => {
      asked.push("conditions");
      return Promise.resolve(computer);
    },
    clock: { now: () => clock.now },
    steady: () => clock.now,
    random: () => 0.5,
    newId: () => `${count}-${(id += 1)}`,
    setTimer: (_ms, run) => {
      timers.add(run);
      return () => timers.delete(run);
    },
    log,
  });
  const live = (): string =>
    (JSON.parse(readFileSync(join(root, "live.json"), "utf8")) as { version: string }).version;
  /** Lets time pass, in the daemon's own steps, and everything end that it brings about. */
  const pass = async (ms: number): Promise<void> => {
    for (const end = clock.now + ms; clock.now < end;) {
      clock.now += 30_000;
      const due = [...timers];
      timers.clear();
      for (const run of due) run();
      for (let turns = 0; turns < 10; turns += 1) await new Promise((resolve) => setImmediate(resolve));
    }
    await ended(updater);
  };
  return { root, clock, asked, computer, updater, live, pass };
}

/** Resolves when no update is under way any more. */
async function ended(updater: Updater): Promise<void> {
  while (updater.status().running !== null) await new Promise((resolve) => setImmediate(resolve));
}
const refused = (text: RegExp) => (error: unknown) =>
  error instanceof SmartClawError && text.test(error.message);

test("a release is installed after its cool-down, by looks alone", async () => {
  const { clock, updater, live } = start();
  updater.start();
  assert.equal((await updater.check()).found?.verdict, "wait");
  for (let looks = 0; looks < 4; looks += 1) {
    clock.now += 6 * hour;
    await updater.check();
  }
  await ended(updater);
  assert.equal(live(), "1.1.0");
  const { last, found, previous } = updater.status();
  assert.deepEqual([last?.outcome, found?.verdict, previous], ["committed", "current", "1.0.0"]);
  await updater.close();
});

test("a look that finds nothing newer asks one question", async () => {
  const { asked, updater } = start({ newest: "1.0.0" });
  const { found, lastCheck } = await updater.check();
  assert.deepEqual([found?.verdict, lastCheck?.bytes, asked], ["current", 21, ["newest"]]);
  await updater.close();
});

test("what the user decides counts at once, without another look", async () => {
  const { updater } = start();
  await updater.check();
  assert.equal(updater.change({ held: true }).found?.verdict, "hold");
  assert.equal(updater.change({ held: false, coolDownHours: 0 }).found?.verdict, "install");
  assert.equal(updater.change({ skipped: ["1.1.0"] }).found?.verdict, "hold");
  assert.equal(updater.change({ automatic: false }).nextCheckAt, null);
  await updater.close();
});

test("nothing is begun against a hold, a pin, or backwards", async () => {
  const { updater, live } = start();
  updater.change({ held: true });
  await assert.rejects(updater.apply(), refused(/You hold/));
  updater.change({ held: false, pinned: "1.2.0" });
  await assert.rejects(updater.apply("1.1.0"), refused(/pinned/));
  updater.change({ pinned: null });
  await assert.rejects(updater.apply("0.9.0"), refused(/older/));
  await assert.rejects(updater.apply("1.0.0"), refused(/runs already/));
  await assert.rejects(updater.goBack(), refused(/no earlier release/));
  assert.equal(live(), "1.0.0");
  await updater.close();
});

for (const [obstacle, change] of [
  ["metered", { metered: true }],
  ["battery", { batteryLeft: 29.9 }],
] as const)
  test(`what is found is not fetched (${obstacle}), and is half an hour after that has ended`, async () => {
    const { asked, computer, updater, live, pass } = start();
    updater.change({ coolDownHours: 0 });
    updater.start();
    Object.assign(computer, change);
    await pass(5 * minute);
    assert.deepEqual(updater.status().found, { verdict: "postponed", version: "1.1.0", obstacle });
    assert.deepEqual(asked, ["newest", "1.1.0", "conditions"]);
    await pass(2 * hour);
    assert.deepEqual(new Set(asked.slice(3)), new Set(["conditions"]), "nobody outside is asked meanwhile");
    assert.equal(asked.length, 3 + 4);
    assert.equal(live(), "1.0.0");
    Object.assign(computer, { metered: false, batteryLeft: 30 });
    await pass(30 * minute);
    assert.equal(live(), "1.1.0");
    assert.equal(updater.status().found?.verdict, "current");
    await updater.close();
  });

test("the user's own word counts on a metered connection, too; and what is not automatic is not postponed", async () => {
  const { asked, computer, updater, live, pass } = start();
  updater.change({ coolDownHours: 0, automatic: false });
  computer.metered = true;
  assert.equal((await updater.check()).found?.verdict, "install");
  assert.ok(!asked.includes("conditions"));
  updater.change({ automatic: true });
  assert.equal((await updater.check()).found?.verdict, "postponed");
  assert.equal(updater.change({ automatic: false }).found?.verdict, "install");
  assert.equal(updater.change({ automatic: true, held: true }).found?.verdict, "hold");
  updater.change({ held: false });
  await updater.apply();
  await pass(0);
  assert.equal(live(), "1.1.0");
  await updater.close();
});

test("a newer version that is found while one is postponed is asked what it needs, and is the one that comes", async () => {
  const options = { newest: "1.1.0" };
  const { asked, computer, updater, live, pass } = start(options);
  updater.change({ coolDownHours: 0 });
  updater.start();
  computer.metered = true;
  await updater.check();
  options.newest = "1.2.0";
  await pass(7 * hour);
  assert.deepEqual(updater.status().found, { verdict: "postponed", version: "1.2.0", obstacle: "metered" });
  assert.ok(asked.includes("1.2.0"));
  computer.metered = false;
  await pass(30 * minute);
  assert.equal(live(), "1.2.0");
  await updater.close();
});

test("when it is looked again is told, and an update under way is no longer weighed", async () => {
  const { asked, clock, computer, updater } = start();
  updater.change({ coolDownHours: 0 });
  computer.batteryLeft = 3;
  const { nextCheckAt } = await updater.check();
  assert.equal(nextCheckAt, clock.now + 30 * minute);
  await updater.apply();
  await ended(updater);
  assert.equal(asked.filter((one) => one === "conditions").length, 1);
  await updater.close();
});

test("two updates at once are refused, and a pinned version is what is looked for", async () => {
  const { updater, asked } = start();
  updater.change({ pinned: "1.0.0" });
  assert.equal((await updater.check()).found?.verdict, "current");
  assert.deepEqual(asked, []);
  updater.change({ pinned: null });
  await updater.apply("1.1.0");
  await assert.rejects(updater.apply("1.1.0"), refused(/under way/));
  await ended(updater);
  await updater.close();
});

test("back goes to the release before, with the state that it left; and that is not installed by itself again", async () => {
  const { root, updater, live } = start();
  await updater.apply();
  await ended(updater);
  assert.equal(live(), "1.1.0");
  await updater.goBack();
  await ended(updater);
  assert.equal(live(), "1.0.0");
  const now = JSON.parse(readFileSync(join(root, "live.json"), "utf8")) as { state: string };
  assert.ok(!existsSync(join(root, "states", now.state, "schema")), "not the state of the newer one");
  updater.change({ coolDownHours: 0 });
  const { found } = await updater.check();
  assert.match(found?.verdict === "hold" ? found.reason : "", /you went back from it/);
  assert.equal(live(), "1.0.0");
  await updater.close();
});

test("a release that failed says why, and is only tried again when the user insists", async () => {
  const { updater, live } = start({ character: "never-starts" });
  updater.change({ coolDownHours: 0 });
  await updater.check();
  await ended(updater);
  assert.equal(live(), "1.0.0");
  const { found } = await updater.check();
  assert.match(found?.verdict === "hold" ? found.reason : "", /does not start/);
  await updater.apply();
  await ended(updater);
  assert.equal(updater.history(10).length, 2);
  assert.equal(live(), "1.0.0");
  await updater.close();
});

test("an update that waits is broken off by a hold, and the release is kept for the next time", async () => {
  const waiting = (_update: unknown, signal: AbortSignal): Promise<void> =>
    new Promise((_resolve, reject) =>
      signal.addEventListener("abort", () => reject(new Error("aborted")), { once: true }),
    );
  const { root, updater, live } = start({ target: { awaitIdle: waiting } });
  await updater.apply();
  while (updater.status().running?.step !== "waiting") await new Promise((resolve) => setImmediate(resolve));
  updater.change({ held: true });
  await ended(updater);
  const { last } = updater.status();
  assert.deepEqual([last?.outcome, last?.error?.code, live()], ["aborted", "CANCELLED", "1.0.0"]);
  assert.ok(existsSync(join(root, "versions", "1.1.0")));
  await updater.close();
});

test("an end that cannot be written down leaves everything that the journal names", async () => {
  const { root, updater, live } = start({
    store: { end: () => raise(new SmartClawError("DISK_FULL", "Full.", "Wait.")) },
    target: { tidy: () => raise(new Error("nothing is superfluous now")) },
  });
  await updater.apply();
  await ended(updater);
  assert.equal(live(), "1.1.0");
  await updater.close();
  const again = start({ root });
  assert.equal(again.updater.start(), true);
  await ended(again.updater);
  assert.deepEqual([again.live(), again.updater.status().last?.outcome], ["1.1.0", "committed"]);
  await again.updater.close();
});

test("a second process cannot use the same store", async () => {
  const { root, updater } = start();
  assert.throws(
    () => openUpdateStore({ file: join(root, "updates.sqlite"), log }),
    refused(/Another SmartClaw/),
  );
  await updater.close();
});

test("a damaged store is put aside; the live release goes on", async () => {
  const root = join(home, "damaged");
  installToy(root);
  writeFileSync(
    join(root, "updates.sqlite"),
    "no database at all, but long enough to be looked at".repeat(100),
  );
  const { updater, live } = start({ root });
  assert.equal(updater.start(), false);
  assert.equal(live(), "1.0.0");
  assert.ok(existsSync(join(root, "updates.sqlite.damaged")));
  await updater.close();
});

/** The target's part in a change of Node: what is brought first, what is written back, and what is superfluous. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type GatewayState, type InstallState, SmartClawError } from "@smartclaw/contracts";
import { createReleases, createStates } from "@smartclaw/openclaw";
import type { Transaction } from "@smartclaw/updater";
import { createOpenClawTarget, type RunningOpenClaw } from "./openclaw-target.ts";

const from = { version: "1.0.0", node: "bundled", state: "first" };
const to = { version: "2.0.0", node: "28.1.0", state: "second" };
const update: Transaction = {
  id: "one",
  component: "openclaw",
  kind: "update",
  step: "staging",
  from,
  to,
  base: "first",
  insisted: true,
  startedAt: 1,
  stepAt: 1,
  starts: 0,
  error: null,
};
const never = new AbortController().signal;
const ready = { phase: "ready" } as GatewayState;

/** Both releases lie there; only what has to do with Nodes is written down. */
function newTarget(
  t: TestContext,
  ensureNode: () => Promise<void> = () => Promise.resolve(),
  change: Partial<RunningOpenClaw> = {},
) {
  const root = mkdtempSync(join(tmpdir(), "sc-target-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const { platform } = process;
  const disk = createReleases({ root, platform });
  for (const { version } of [from, to]) {
    const place = join(root, "versions", "openclaw", version);
    mkdirSync(place, { recursive: true });
    const info = { name: "openclaw", version, integrity: "sha512-", node: "*", installedAt: 1 };
    writeFileSync(join(place, "release.json"), JSON.stringify(info));
  }
  const compiled = join(root, "compiled");
  for (const version of ["0.9.0", from.version, to.version])
    mkdirSync(join(compiled, version, "v26"), { recursive: true });
  const releases = { ...disk, live: () => disk.named(), isWhole: () => Promise.resolve(true) };
  releases.activate({ openclaw: from.version, node: from.node, state: from.state });
  const done: string[] = [];
  const shown: InstallState[] = [];
  const target = createOpenClawTarget({
    releases,
    states: createStates({ home: join(root, "states"), link: join(root, "openclaw"), platform }),
    installer: {
      state: () => ({ state: "absent" }),
      onChange: () => () => {},
      install(version, nodePath) {
        done.push(`${version} by ${nodePath}`);
        return Promise.resolve({ state: "installed", version, installedAt: 1 });
      },
      close() {},
    },
    nodes: {
      runtimes: {
        versionOf: (node) => node,
        list: () => [],
        isWhole: () => true,
        path: (node) => `/nodes/${node}`,
        staging: () => "",
        publish() {},
        remove: () => Promise.resolve(),
        sweep: () => Promise.resolve(),
      },
      ensure(version, insisted, onProgress) {
        done.push(`Node ${version}${insisted ? ", insisted" : ""}`);
        const counts = { bytesDone: 7, bytesTotal: 9, packagesDone: 0, packagesTotal: 1 };
        onProgress({ type: "progress", stage: "download", ...counts });
        return ensureNode();
      },
      tidy: (keep) => Promise.resolve(void done.push(`keeps ${keep.join()}`)),
    },
    lists: { pathOf: () => join(root, "list"), ensure: () => Promise.resolve(), tidy() {} },
    integrityOf: () => Promise.resolve("sha512-"),
    openclaw: {
      state: () => ready,
      onChange: () => () => {},
      start() {},
      stop: () => Promise.resolve(),
      isBusy: () => Promise.resolve(false),
      takeInventory: () => Promise.reject(new Error("nobody asks")),
      takeTurn: () => Promise.reject(new Error("nobody asks")),
      backUp: (file) => Promise.resolve(writeFileSync(file, "backup")),
      ...change,
    },
    rehearse: () => Promise.resolve(),
    clearRehearsal: () => Promise.resolve(),
    folder: root,
    compiled,
    clock: { now: () => 5 },
    coolDownMs: () => 0,
    log: { info() {}, warn() {}, error() {} },
    probationMs: 1,
    turnMs: 1,
    pause: () => Promise.resolve(),
  });
  const stage = (change: Partial<Transaction> = {}): Promise<void> =>
    target.stage({ ...update, ...change }, (state) => shown.push(state), never);
  return { root, target, releases, compiled, done, shown, stage };
}

test("the Node comes before the release, which is installed with it; and it is seen", async (t) => {
  const { stage, done, shown } = newTarget(t);
  await stage();
  assert.deepEqual(done, ["Node 28.1.0, insisted", "2.0.0 by /nodes/28.1.0"]);
  const counts = { bytesDone: 7, bytesTotal: 9, packagesDone: 0, packagesTotal: 1 };
  assert.deepEqual(shown, [
    { state: "installing", version: "2.0.0", stage: "resolve", startedAt: 5, ...counts },
  ]);
});

test("for SmartClaw's own Node nobody is asked; and one that cannot be had ends it", async (t) => {
  const own = newTarget(t);
  await own.stage({ to: { ...to, node: "bundled" }, insisted: false });
  assert.deepEqual(own.done, ["2.0.0 by /nodes/bundled"]);
  const fault = new SmartClawError("UPDATE_REFUSED", "Nobody signed it.", "Wait.");
  const other = newTarget(t, () => Promise.reject(fault));
  await assert.rejects(other.stage({ insisted: false }), fault);
  assert.deepEqual(other.done, ["Node 28.1.0"]);
});

test("the way back brings the Node of before, even where nothing else had changed", async (t) => {
  const { target, releases } = newTarget(t);
  target.activate({ ...from, node: "28.1.0" });
  assert.equal(releases.named()?.node, "28.1.0");
  await target.restore(update, never);
  assert.deepEqual(target.live(), from);
});

test("the Nodes of the releases that are kept are kept, and what was compiled of them", async (t) => {
  const { target, compiled, done } = newTarget(t);
  await target.tidy([to, from]);
  assert.deepEqual(done, ["keeps 28.1.0,bundled"]);
  assert.deepEqual(readdirSync(compiled), [from.version, to.version]);
});

test("what runs backs itself up, once it is idle, and again when somebody spoke meanwhile", async (t) => {
  let looks = 0;
  const at: number[] = [];
  const { target, root } = newTarget(t, undefined, {
    isBusy: () => Promise.resolve(++looks === 2 || looks === 6),
    backUp: (file) => Promise.resolve(writeFileSync(file, String(at.push(looks)))),
  });
  await target.awaitIdle(update, never);
  assert.deepEqual(at, [5, 9]);
  assert.equal(readFileSync(join(root, "backups", "first.tar.gz"), "utf8"), "2");
});

test("without its backup an update goes on, as the files are copied; what does not run makes none", async (t) => {
  const broken = newTarget(t, undefined, { backUp: () => Promise.reject(new Error("no")) });
  await broken.target.awaitIdle(update, never);
  const state = { phase: "failed" } as GatewayState;
  const off = newTarget(t, undefined, { state: () => state, backUp: () => assert.fail("it does not run") });
  await off.target.awaitIdle(update, never);
});

test("a new release that is out of reach for a moment is asked again, and one that stays so is given up", async (t) => {
  const away = () => Promise.reject(new SmartClawError("GATEWAY_NOT_READY", "It is away.", "Wait."));
  let turns = 0;
  const busy = newTarget(t, undefined, {
    takeTurn: () => (++turns < 4 ? away() : Promise.resolve()),
  });
  await busy.target.startAndJudge(update, never);
  assert.equal(turns, 4);
  const gone = newTarget(t, undefined, { takeTurn: away });
  await assert.rejects(gone.target.startAndJudge(update, never), {
    code: "UPDATE_UNHEALTHY",
    message: "OpenClaw 2.0.0 started, but could not be talked with.",
  });
  const verdict = new SmartClawError("UPDATE_UNHEALTHY", "It says nothing.", "Nothing.");
  turns = 0;
  const dumb = newTarget(t, undefined, {
    takeTurn: () => ((turns += 1), Promise.reject(verdict)),
  });
  await assert.rejects(dumb.target.startAndJudge(update, never), verdict);
  assert.equal(turns, 1);
});

test("a backup goes with the state that it is of", async (t) => {
  const { target, root } = newTarget(t);
  for (const state of ["first", "second"]) mkdirSync(join(root, "states", state), { recursive: true });
  await target.awaitIdle(update, never);
  await target.awaitIdle({ ...update, from: { ...from, state: "gone" } }, never);
  await target.tidy([to, from]);
  assert.deepEqual(readdirSync(join(root, "backups")), ["first.tar.gz"]);
});

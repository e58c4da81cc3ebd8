import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import type { SystemStatus } from "@smartclaw/contracts";
import type { Transaction } from "@smartclaw/updater";
import { pathsOf } from "../daemon/paths.ts";
import { takeSnapshot } from "./own-data.ts";
import { pointerText, readPointer } from "./pointer.ts";
import { programOf, releaseFolder, releaseMark } from "./programs.ts";
import { createSelfTarget, type SelfTargetDeps } from "./self-target.ts";

const root = mkdtempSync(join(tmpdir(), "sc-self-target-"));
after(() => rmSync(root, { recursive: true, force: true }));

const update: Transaction = {
  id: "a",
  component: "smartclaw",
  kind: "update",
  step: "trial",
  from: { version: "1.0.0", node: "bundled", state: "none" },
  to: { version: "2.0.0", node: "bundled", state: "2.0.0-a" },
  base: "none",
  insisted: false,
  startedAt: 0,
  stepAt: 0,
  starts: 1,
  error: null,
};

const statusOf = (phase: string, openedBy: string | null = "keystore"): SystemStatus =>
  ({ openclaw: { gateway: { phase } }, vault: { openedBy } }) as unknown as SystemStatus;

/** The target as the release `running` sees it; 1.0.0 is the installed one. */
function open(
  running: string,
  paths = pathsOf({ SMARTCLAW_HOME: mkdtempSync(join(root, "home-")) }, "linux"),
  more: Partial<SelfTargetDeps> = {},
) {
  mkdirSync(paths.selfWork, { recursive: true });
  const handed: unknown[] = [];
  const ending = new AbortController();
  const target = createSelfTarget({
    paths,
    source: {
      newest: () => Promise.reject(new Error("not asked")),
      fetch: () => Promise.reject(new Error("not asked")),
    },
    running,
    installed: "1.0.0",
    nodeVersion: process.versions.node,
    status: () => statusOf("ready"),
    isBusy: () => Promise.resolve(false),
    rehearse: () => Promise.resolve(),
    handOver(to) {
      handed.push(to);
      ending.abort();
    },
    pause: () => Promise.resolve(),
    clock: { now: () => 7 },
    probationMs: 1,
    log: { info() {}, warn() {}, error() {} },
    ...more,
  });
  return { target, paths, handed, signal: ending.signal };
}

/** A release on the disk, as far as its presence is looked at. */
function putRelease(releases: string, version: string): void {
  const program = programOf(releases, version, "daemon");
  mkdirSync(dirname(program), { recursive: true });
  writeFileSync(program, "");
  writeFileSync(join(releaseFolder(releases, version), releaseMark), "");
}

test("the release before writes the pointer, once, and hands over; the new one finds itself and stays", async () => {
  const old = open("1.0.0");
  await old.target.stop(update);
  for (const _ of [1, 2]) old.target.activate(update.to);
  const pointer = readPointer(old.paths.selfPointer);
  assert.deepEqual(pointer, {
    live: "2.0.0",
    snapshot: "2.0.0-a",
    trial: { from: null, fromSnapshot: null, starts: 0 },
    restore: null,
  });
  await assert.rejects(old.target.startAndJudge(update, old.signal), { name: "AbortError" });
  assert.deepEqual(old.handed, [{ version: "2.0.0", live: "2.0.0" }]);

  const next = open("2.0.0", old.paths);
  await next.target.startAndJudge(update, next.signal);
  await next.target.watch(update, next.signal);
  assert.deepEqual(readPointer(next.paths.selfPointer), { ...pointer, trial: null });
  assert.deepEqual(next.target.live(), { version: "2.0.0", node: "bundled", state: "2.0.0-a" });
});

test("the release before that finds itself started again knows that the new one was given up", async () => {
  const old = open("1.0.0");
  await assert.rejects(old.target.startAndJudge(update, old.signal), { code: "UPDATE_UNHEALTHY" });
  await old.target.restore(update, old.signal);
  assert.deepEqual(old.handed, []);
});

test("a new release that gives itself up puts the pointer back, with the data of before, and hands over", async () => {
  const { target, paths, handed, signal } = open("2.0.0");
  writeFileSync(
    paths.selfPointer,
    pointerText({
      live: "2.0.0",
      snapshot: "2.0.0-a",
      trial: { from: null, fromSnapshot: null, starts: 1 },
      restore: null,
    }),
  );
  await assert.rejects(target.restore(update, signal), { name: "AbortError" });
  assert.deepEqual(handed, [{ version: "1.0.0", live: null }]);
  assert.deepEqual(readPointer(paths.selfPointer), {
    live: null,
    snapshot: null,
    trial: null,
    restore: "2.0.0-a",
  });
});

test("an OpenClaw that worked before has to work under the new release, and during its probation", async () => {
  const { target, paths, signal } = open("1.0.0");
  await target.stop(update);
  const failing = open("2.0.0", paths, { status: () => statusOf("failed"), probationMs: 1_000 });
  await assert.rejects(failing.target.startAndJudge(update, signal), { code: "UPDATE_UNHEALTHY" });
  await assert.rejects(failing.target.watch(update, signal), { code: "UPDATE_UNHEALTHY" });
  const other = { ...update, id: "another" };
  await failing.target.startAndJudge(other, signal);
});

test("it waits for a busy OpenClaw, and as long as a person's passphrase holds the vault open", async () => {
  let looks = 0;
  const busy = open("1.0.0", undefined, { isBusy: () => Promise.resolve(looks++ < 4) });
  await busy.target.awaitIdle(update, busy.signal);
  assert.equal(looks, 7, "idle three times in a row");
  let opened = 0;
  const locked = open("1.0.0", undefined, {
    status: () => statusOf("ready", opened++ < 5 ? "passphrase" : "keystore"),
  });
  await locked.target.awaitIdle(update, locked.signal);
  assert.equal(opened, 8);
});

test("what is kept is the running release, the wanted ones, and snapshots of another form", async () => {
  const { target, paths } = open("2.0.0");
  for (const version of ["1.5.0", "2.0.0", "3.0.0"]) putRelease(paths.releases, version);
  new DatabaseSync(paths.vault).exec("CREATE TABLE rows (value TEXT)");
  for (const name of ["same", "other", "unwanted"]) takeSnapshot(paths, join(paths.selfSnapshots, name));
  new DatabaseSync(join(paths.selfSnapshots, "other", "vault.sqlite")).exec("PRAGMA user_version = 9");
  await target.tidy([
    { version: "3.0.0", node: "bundled", state: "same" },
    { version: "1.0.0", node: "bundled", state: "other" },
  ]);
  assert.deepEqual(readdirSync(join(paths.releases, "versions", "smartclaw")).toSorted(), ["2.0.0", "3.0.0"]);
  assert.deepEqual(readdirSync(paths.selfSnapshots), ["other"]);
  assert.ok(existsSync(paths.vault));
});

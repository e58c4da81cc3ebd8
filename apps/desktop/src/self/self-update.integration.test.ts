/** SmartClaw's own update, with the built daemon, a signed repository on loopback, and releases made of this build. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { SystemStatus } from "@smartclaw/contracts";
import { createClient } from "../cli/client.ts";
import { createDaemonHome, type DaemonHome } from "../daemon/testing/real-daemon.ts";
import { createReleaseMaker, type ReleaseMaker } from "./testing/release-maker.ts";

const patienceMs = 300_000;
const folder = mkdtempSync(join(tmpdir(), "sc-self-"));
let home: DaemonHome;
let maker: ReleaseMaker;

before(async () => {
  home = createDaemonHome(join(folder, "home"));
  maker = await createReleaseMaker(join(folder, "repository"));
  writeFileSync(join(home.paths.home, "update-source.json"), JSON.stringify(maker.source));
});

after(async () => {
  await home?.cli("stop");
  await maker?.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

const api = () => createClient(home.paths.socket);

async function until(condition: (status: SystemStatus) => boolean, what: string): Promise<SystemStatus> {
  let last: SystemStatus | null = null;
  for (const end = Date.now() + patienceMs; Date.now() < end; await sleep(200)) {
    last = await api()
      .system.status()
      .catch(() => null);
    if (last !== null && condition(last)) return last;
  }
  throw new Error(`never: ${what}; last ${JSON.stringify(last?.selfUpdates)}`);
}

const lastOf = ({ selfUpdates }: SystemStatus) => selfUpdates?.last ?? null;

test("a signed release takes over by itself, with the keys, and is on trial", async () => {
  await maker.publish("0.2.0", "good");
  const keyFile = join(folder, "master.key");
  assert.equal((await home.cli("start", "--no-open")).code, 0);
  await api().vault.setup({ kind: "key-file", path: keyFile });
  await api().settings.set({ ledgerDays: 17 });
  const first = await api().system.status();
  assert.equal(first.selfUpdates?.live, first.smartclaw.version);
  await api().updates.apply({ component: "smartclaw" });
  const now = await until(
    ({ smartclaw, selfUpdates }) =>
      smartclaw.version === "0.2.0" && selfUpdates?.running?.step === "probation",
    "0.2.0 is on probation",
  );
  assert.notEqual(now.smartclaw.pid, first.smartclaw.pid);
  assert.equal(now.smartclaw.port, first.smartclaw.port);
  assert.equal((await api().settings.get()).ledgerDays, 17);
  await until(({ vault }) => vault.state === "ready", "the vault opens by itself");
  const program = readFileSync(`/proc/${now.smartclaw.pid}/cmdline`, "utf8");
  assert.ok(!program.includes("0.2.0"), "every start begins with the program that the user installed");
  const { json } = await home.cli("status", "--json");
  assert.equal((json as { version?: string; smartclaw: { version: string } }).smartclaw.version, "0.2.0");
  assert.match((await home.cli("--version")).stdout, /^0\.2\.0/);
});

test("given up on trial, the installed one comes back, with what was saved meanwhile", async () => {
  await api().settings.set({ ledgerDays: 18 });
  await api().updates.goBack({ component: "smartclaw" });
  const back = await until(
    (status) => status.smartclaw.version === "0.1.0" && lastOf(status) !== null,
    "0.1.0 is back",
  );
  assert.equal(lastOf(back)?.outcome, "rolled-back");
  assert.equal((await api().settings.get()).ledgerDays, 18);
  assert.match((await home.cli("--version")).stdout, /^0\.1\.0/);
  const found = (await api().updates.check({ component: "smartclaw" })).found;
  assert.equal(found?.verdict, "hold");
});

test("a release that dies whenever it is started in earnest is started three times, and left", async () => {
  await maker.publish("0.3.0", "dies");
  await api().updates.apply({ component: "smartclaw" });
  const back = await until(
    (status) => status.smartclaw.version === "0.1.0" && lastOf(status)?.to === "0.3.0",
    "0.1.0 is back",
  );
  assert.equal(lastOf(back)?.outcome, "rolled-back");
  assert.equal((await api().settings.get()).ledgerDays, 18);
});

test("a release that does not come through its rehearsal touches nothing", async () => {
  const { smartclaw } = await api().system.status();
  await maker.publish("0.4.0", "fails-rehearsal");
  await api().updates.apply({ component: "smartclaw" });
  const now = await until((status) => lastOf(status)?.to === "0.4.0", "it was refused");
  assert.equal(lastOf(now)?.outcome, "refused");
  assert.equal(now.smartclaw.pid, smartclaw.pid);
});

test("a release that nobody signed is not even unpacked", async () => {
  await maker.publish("0.5.0", "good");
  maker.tamper("0.5.0");
  await api().updates.apply({ component: "smartclaw" });
  const now = await until((status) => lastOf(status)?.to === "0.5.0", "it was refused");
  assert.equal(lastOf(now)?.outcome, "refused");
  assert.equal(lastOf(now)?.error?.code, "UPDATE_REFUSED");
});

test("it is killed on trial, and the next start goes on with the trial", async () => {
  await maker.publish("0.6.0", "good");
  await api().updates.apply({ component: "smartclaw" });
  const trial = await until(
    ({ smartclaw, selfUpdates }) =>
      smartclaw.version === "0.6.0" && selfUpdates?.running?.step === "probation",
    "0.6.0 is on probation",
  );
  process.kill(trial.smartclaw.pid, "SIGKILL");
  // The watcher is still there, and starts it again.
  const again = await until(
    ({ smartclaw, selfUpdates }) =>
      smartclaw.pid !== trial.smartclaw.pid && selfUpdates?.running?.step === "probation",
    "0.6.0 is back on probation",
  );
  assert.equal(again.smartclaw.version, "0.6.0");
  // A person's own stop is none of its faults, and the watcher does not start it again.
  assert.equal((await home.cli("stop")).code, 0);
  assert.ok(existsSync(home.paths.stopped), "the watcher may not have heard of it yet");
  await sleep(3_000);
  assert.equal((await home.cli("status", "--json")).code, 3);
  assert.equal((await home.cli("start", "--no-open")).code, 0);
  assert.equal((await api().system.status()).smartclaw.version, "0.6.0");
});

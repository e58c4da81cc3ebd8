/** The built daemon updates the real OpenClaw from the release before to the newest, and back. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import type { ConversationId, SystemStatus, UpdateStatus } from "@smartclaw/contracts";
import { type ProviderStandIn, startProviderStandIn } from "@smartclaw/egress/testing";
import { createReleases } from "@smartclaw/openclaw";
import {
  createDaemonHome,
  type RunningDaemon,
  skipWithoutRelease,
  testVersions,
  useInstalledReleases,
} from "../daemon/testing/real-daemon.ts";

const { newest, before: earlier } = testVersions;

test("the real OpenClaw", { skip: skipWithoutRelease }, async (t) => {
  const home = createDaemonHome();
  let daemon: RunningDaemon;
  let provider: ProviderStandIn;
  let conversation: ConversationId;
  before(async () => {
    useInstalledReleases(home, [earlier, newest]);
    provider = await startProviderStandIn({ key: null });
    daemon = await home.start();
    await daemon.api.vault.setup({ kind: "passphrase", passphrase: "correct horse battery staple" });
    await daemon.until(isReady, "OpenClaw is ready");
    const baseUrl = `${provider.url}/v1`;
    const { connection } = await daemon.api.keys.add({ kind: "compatible", baseUrl, model: "standin-1" });
    assert.ok(connection);
    ({ id: conversation } = await daemon.api.chat.create({ title: "Kept" }));
    await say("Before the update");
  });
  after(async () => {
    await daemon.stop();
    await provider.close();
    home.dispose();
  });

  /** Says something and waits for the whole answer. */
  async function say(text: string): Promise<void> {
    const had = (await said()).length;
    await daemon.api.chat.send({ conversation, text, clientId: randomUUID() });
    for (const end = Date.now() + 180_000; (await said()).length < had + 2; await sleep(200))
      if (Date.now() > end) throw new Error(`no answer to ${text}: ${(await said()).join("; ")}`);
  }
  async function said(): Promise<string[]> {
    const { messages } = await daemon.api.chat.history({ id: conversation, limit: 50 });
    return messages.map(({ role, text }) => `${role}: ${text}`);
  }
  async function rehearsalLog(): Promise<string> {
    const lines = await daemon.api.system.logs({ source: "openclaw", limit: 500 });
    return lines
      .map(({ text }) => text)
      .filter((text) => text.includes("(rehearsal"))
      .join("\n");
  }
  const updates = async (): Promise<UpdateStatus> => (await daemon.api.system.status()).updates;

  await t.test("what is live is the release before", async () => {
    assert.equal((await updates()).live, earlier);
  });

  await t.test("is rehearsed, switched when idle, and goes on with its history", async () => {
    const history = await said();
    await daemon.api.updates.apply({ version: newest });
    const { openclaw, updates } = await daemon.until(
      ({ updates: { running } }) => running === null || running.step === "probation",
      "the new release is on probation",
      300_000,
    );
    assert.equal(updates.last?.error ?? null, null, await rehearsalLog());
    assert.equal(openclaw.gateway.version, newest);
    assert.deepEqual(await said(), history);
    await say("On probation");
  });

  await t.test("had backed itself up before, so that its own program restores what was said", async (t) => {
    const openclaw = createReleases({ root: home.paths.releases, platform: process.platform });
    const folder = mkdtempSync(join(tmpdir(), "sc-restored-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const archive = join(home.paths.updateWork, "backups", "openclaw.tar.gz");
    const target = join(folder, "restored");
    const state = join(folder, "empty");
    mkdirSync(state);
    const env = { PATH: process.env["PATH"], HOME: folder, OPENCLAW_STATE_DIR: state, OPENCLAW_OFFLINE: "1" };
    const args = ["backup", "restore", archive, "--target", target, "--json"];
    await promisify(execFile)(process.execPath, [openclaw.entry(earlier), ...args], { env });
    const files = readdirSync(target, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
    const holds = files.some(({ parentPath, name }) =>
      readFileSync(join(parentPath, name)).includes("Before the update"),
    );
    assert.ok(holds, files.map(({ name }) => name).join());
  });

  await t.test("a daemon that is killed on probation comes back with the new release, on trial", async () => {
    daemon.kill();
    daemon = await home.start();
    const { openclaw } = await daemon.until(
      (status) => isReady(status) && status.updates.running?.step === "probation",
      "the new release is on probation again",
    );
    assert.equal(openclaw.gateway.version, newest);
    await daemon.api.vault.unlock({ kind: "passphrase", passphrase: "correct horse battery staple" });
  });

  await t.test("goes back across the change of its databases, with the history of before", async (t) => {
    const asked = Date.now();
    await daemon.api.updates.goBack();
    const { openclaw, updates } = await daemon.until(
      (status) => status.updates.running === null && isReady(status),
      "the earlier release is ready",
    );
    t.diagnostic(`ready ${Date.now() - asked} ms after the word to go back`);
    assert.equal(openclaw.gateway.version, earlier);
    assert.deepEqual([updates.last?.outcome, updates.last?.to], ["rolled-back", newest]);
    const history = await said();
    assert.ok(
      history.some((line) => line.includes("Before the update")),
      history.join("\n"),
    );
    assert.equal(updates.found?.verdict ?? "current", "current");
  });

  await t.test("is not installed by itself again, and says why", async () => {
    const [record] = await daemon.api.updates.history({ limit: 10 });
    assert.equal(record?.error?.code, "UPDATE_REFUSED");
    await say("After the way back");
  });
});

function isReady({ openclaw }: SystemStatus): boolean {
  return openclaw.gateway.phase === "ready";
}

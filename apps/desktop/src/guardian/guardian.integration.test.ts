/** The built daemon: Agentic Mode is switched on and off, granted and revoked, by the API and the command line. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { GuardianStatus } from "@smartclaw/contracts";
import { type ProviderStandIn, startProviderStandIn } from "@smartclaw/egress/testing";
import { findChromium } from "@smartclaw/guardian";
import {
  createDaemonHome,
  type RunningDaemon,
  skipWithoutRelease,
  useInstalledReleases,
} from "../daemon/testing/real-daemon.ts";

const skip =
  skipWithoutRelease === false && !existsSync("/usr/bin/bwrap")
    ? "there is no bubblewrap here"
    : skipWithoutRelease;

test("Guardian in the daemon", { skip }, async (t) => {
  const home = createDaemonHome();
  const project = realpathSync(mkdtempSync(join(tmpdir(), "sc-project-")));
  let daemon: RunningDaemon;
  let provider: ProviderStandIn;
  const guardian = () => daemon.api.guardian;
  const isReady = () =>
    daemon.until(({ openclaw }) => openclaw.gateway.phase === "ready", "OpenClaw is ready");
  const restarts = async (): Promise<number> => (await daemon.api.system.status()).openclaw.gateway.restarts;
  const json = async (...args: string[]): Promise<unknown> => {
    const { code, stdout } = await home.cli("guardian", ...args, "--json");
    assert.equal(code, 0, stdout);
    return JSON.parse(stdout);
  };
  before(async () => {
    useInstalledReleases(home);
    provider = await startProviderStandIn({ key: null });
    daemon = await home.start();
    await daemon.api.vault.setup({ kind: "passphrase", passphrase: "correct horse battery staple" });
    await isReady();
    await daemon.api.keys.add({ kind: "compatible", baseUrl: `${provider.url}/v1`, model: "standin-1" });
  });
  after(async () => {
    await daemon.stop();
    await provider.close();
    home.dispose();
    rmSync(project, { recursive: true, force: true });
  });

  async function says(text: string): Promise<void> {
    const { id } = await daemon.api.chat.create({});
    await daemon.api.chat.send({ conversation: id, text, clientId: randomUUID() });
    for (const end = Date.now() + 120_000; ; await sleep(200)) {
      const { messages } = await daemon.api.chat.history({ id, limit: 10 });
      if (messages.some(({ role }) => role === "assistant")) return;
      if (Date.now() > end) throw new Error(`no answer: ${JSON.stringify(messages)}`);
    }
  }

  await t.test("it is off, and nothing of it is there", async () => {
    const status = await guardian().status();
    assert.deepEqual([status.agenticMode, status.closed], [false, "Agentic Mode is off."]);
    assert.equal(existsSync(home.paths.guardianSocket), false);
    assert.doesNotMatch(readFileSync(home.paths.openclawConfig, "utf8"), /smartclaw-guardian/);
  });

  await t.test("switched on, OpenClaw comes back with the plugin, and a conversation goes on", async () => {
    const before = await restarts();
    const status = (await json("on")) as GuardianStatus;
    assert.deepEqual([status.agenticMode, status.closed, status.sandbox.state], [true, null, "works"]);
    await daemon.until(
      ({ openclaw: { gateway } }) => gateway.phase === "ready" && gateway.restarts > before,
      "OpenClaw is back",
    );
    assert.match(readFileSync(home.paths.openclawConfig, "utf8"), /smartclaw-guardian/);
    assert.equal(statSync(home.paths.guardianSocket).mode & 0o777, 0o600);
    await says("Hello");
    assert.equal((await guardian().status()).closed, null);
  });

  await t.test("a site is granted, and OpenClaw offers scripts once they are granted somewhere", async () => {
    const found = findChromium(process.platform).state === "found";
    assert.equal((await guardian().status()).browser.state, found ? "works" : "missing");
    const config = (): string => readFileSync(home.paths.openclawConfig, "utf8");
    assert.equal(config().includes('"defaultProfile": "smartclaw"'), found);
    assert.doesNotMatch(config(), /"evaluateEnabled": true/);
    await json("grant", "browse", "https://example.org/", "--act");
    const scopes = (await guardian().grants()).map(({ scope }) => scope);
    assert.deepEqual(scopes.at(-1), { type: "browse", origin: "https://example.org", may: "act" });
    const local = await home.cli("guardian", "grant", "browse", "http://localhost", "--json");
    assert.equal(local.code, 2);
    assert.match(local.stdout, /this computer/);
    const before = await restarts();
    await json("grant", "browse", "https://example.org", "--script");
    if (found) {
      await daemon.until(
        ({ openclaw: { gateway } }) => gateway.phase === "ready" && gateway.restarts > before,
        "OpenClaw is back",
      );
      assert.match(config(), /"evaluateEnabled": true/);
    }
    for (const { id } of await guardian().grants()) await json("revoke", id);
  });

  await t.test("a preset is granted, shown, and taken back", async () => {
    mkdirSync(join(project, "sub"));
    const added = (await json("grant", "work", project)) as { id: string }[];
    const grants = await guardian().grants();
    assert.equal(grants.length, added.length);
    assert.ok(grants.some(({ scope }) => scope.type === "write" && scope.path === project));
    assert.ok(
      grants.every(({ standing, examples }) => standing === "effective" && examples.allows.length > 0),
    );
    const look = grants.find(({ scope }) => scope.type === "run" && scope.words[0] === "tree");
    await json("revoke", look?.id ?? "");
    assert.equal((await guardian().grants()).length, added.length - 1);
    const whole = await home.cli("guardian", "grant", "write", "/", "--json");
    assert.equal(whole.code, 2);
    assert.match(whole.stdout, /whole computer/);
  });

  await t.test("nothing is offered or paused at first, and the command line says so", async () => {
    assert.deepEqual(await json("offers"), []);
    for (const args of [["offers", "accept", "1"], ["offers", "dismiss", "1"], ["resume"]]) {
      const { code, stdout } = await home.cli("guardian", ...args, "--json");
      assert.equal(code, 1);
      assert.match(stdout, /NOT_FOUND/);
    }
    await assert.rejects(guardian().acceptOffer({ id: "1" }), /not offered any more/);
    await assert.rejects(guardian().resume({ session: "agent:main:1" }), /no such conversation/);
  });

  await t.test("a list of commands is judged by the grants of now, and nothing of it is run", async () => {
    writeFileSync(join(project, "README.md"), "read me");
    const { judged, wrong } = (await json("test", project)) as {
      judged: { command: string; decision: string }[];
      wrong: number;
    };
    const of = (command: string) => judged.find((one) => one.command === command)?.decision;
    assert.deepEqual([of("cat README.md"), of("mkdir build"), of("npm test")], ["allow", "allow", "ask"]);
    assert.equal(wrong, 0);
    assert.equal(existsSync(join(project, "build")), false);
  });

  await t.test("panic voids them, and arming does not bring them back", async () => {
    const stopped = (await json("panic")) as GuardianStatus;
    assert.equal(stopped.armed, false);
    assert.match(stopped.closed ?? "", /stopped/);
    const armed = (await json("arm")) as GuardianStatus;
    assert.deepEqual([armed.armed, armed.closed], [true, null]);
    assert.ok((await guardian().grants()).every(({ standing }) => standing === "void"));
  });

  await t.test("all of it stands in the log, which can be verified and exported", async () => {
    const verdict = (await json("log", "verify")) as { whole: boolean; rows: number };
    assert.ok(verdict.whole && verdict.rows > 3);
    const lines = (await json("log")) as { text: string }[];
    assert.deepEqual(
      lines.slice(0, 3).map(({ text }) => text),
      ["You armed Guardian again", "You stopped everything", "You revoked a grant"],
    );
    const file = join(project, "log.jsonl");
    await json("log", "export", file);
    assert.equal(readFileSync(file, "utf8").trim().split("\n").length, verdict.rows + 2);
  });

  await t.test("a plugin that OpenClaw does not load: nothing runs, and conversations go on", async () => {
    writeFileSync(join(home.paths.guardianPlugin, "index.mjs"), 'throw new Error("broken");');
    await daemon.api.openclaw.restart();
    for (const end = Date.now() + 120_000; ; await sleep(200)) {
      const { closed } = await guardian().status();
      if (closed?.includes("did not load SmartClaw's plugin")) break;
      assert.ok(Date.now() < end, closed ?? "not closed");
    }
    await isReady();
    assert.doesNotMatch(readFileSync(home.paths.openclawConfig, "utf8"), /smartclaw-guardian/);
    await says("Still there?");
  });

  await t.test("with the vault locked its door is shut, and off is off", async () => {
    await guardian().setAgenticMode({ on: true });
    await isReady();
    await daemon.api.vault.lock();
    assert.equal(existsSync(home.paths.guardianSocket), false);
    assert.match((await guardian().status()).closed ?? "", /vault/);
    await daemon.api.vault.unlock({ kind: "passphrase", passphrase: "correct horse battery staple" });
    for (const end = Date.now() + 120_000; (await guardian().status()).closed !== null; await sleep(50))
      assert.ok(Date.now() < end, "it does not open again");
    const off = (await json("off")) as GuardianStatus;
    assert.equal(off.agenticMode, false);
    await isReady();
    assert.doesNotMatch(readFileSync(home.paths.openclawConfig, "utf8"), /smartclaw-guardian/);
  });
});

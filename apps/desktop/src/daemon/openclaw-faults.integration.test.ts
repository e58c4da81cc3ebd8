/** The built daemon with the real OpenClaw: its files are damaged, and keys go while it answers. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, test } from "node:test";
import type { ChatEvent, ConversationId, DoctorCheck, ErrorReport } from "@smartclaw/contracts";
import { type ProviderStandIn, startProviderStandIn } from "@smartclaw/egress/testing";
import type { Client } from "../cli/client.ts";
import {
  createDaemonHome,
  type RunningDaemon,
  skipWithoutRelease,
  useInstalledReleases,
} from "./testing/real-daemon.ts";

type End = Extract<ChatEvent, { type: "end" }>;

test(
  "the file that says which release is live is garbage: the daemon lives, and says what to do or repairs it",
  { skip: skipWithoutRelease },
  async () => {
    const home = createDaemonHome();
    useInstalledReleases(home);
    writeFileSync(join(home.paths.releases, "live.json"), "garbage{");
    try {
      const daemon = await home.start();
      const { openclaw } = await daemon.until(
        ({ openclaw: { install, gateway } }) =>
          install.state === "failed" || ["starting", "ready", "failed"].includes(gateway.phase),
        "the state of the installation is known",
      );
      if (openclaw.install.state === "failed") assertSentence(openclaw.install.error);
      await daemon.stop();
    } finally {
      home.dispose();
    }
  },
);

test(
  "after a start of SmartClaw OpenClaw finds the configuration of before, so that it has nothing to migrate",
  { skip: skipWithoutRelease },
  async () => {
    const home = createDaemonHome();
    useInstalledReleases(home);
    const configurations: string[] = [];
    try {
      for (const _ of [1, 2]) {
        const daemon = await home.start();
        await daemon.until(({ openclaw }) => openclaw.gateway.pid !== null, "OpenClaw is started");
        // A port that another program (another test) holds in the meantime is passed over, and then another one.
        configurations.push(
          readFileSync(home.paths.openclawConfig, "utf8").replaceAll(/\b(74[34]\d|188\d\d)\b/g, "PORT"),
        );
        await daemon.stop();
      }
      assert.match(configurations[0] ?? "", /PORT/);
      assert.equal(configurations[0], configurations[1]);
    } finally {
      home.dispose();
    }
  },
);

test("the real OpenClaw", { skip: skipWithoutRelease }, async (t) => {
  const home = createDaemonHome();
  const database = join(home.paths.openclawState, "state", "openclaw.sqlite");
  const damage = Buffer.alloc(20_000, "not a database at all ");
  let daemon: RunningDaemon;
  let provider: ProviderStandIn;
  let talk: Talk;
  before(async () => {
    useInstalledReleases(home);
    mkdirSync(join(home.paths.openclawState, "state"), { recursive: true, mode: 0o700 });
    writeFileSync(database, damage, { mode: 0o600 });
    provider = await startProviderStandIn({ key: null });
    daemon = await home.start();
    await daemon.api.vault.setup({ kind: "passphrase", passphrase: "correct horse battery staple" });
  });
  after(async () => {
    talk?.close();
    await daemon.stop();
    await provider.close();
    home.dispose();
  });

  await t.test("its state is damaged: it fails with a sentence, and the file is left as it is", async () => {
    const { openclaw, vault } = await daemon.until(
      (status) => status.openclaw.gateway.phase === "failed",
      "the gateway has failed",
    );
    assertSentence(openclaw.gateway.error);
    assert.equal(vault.state, "ready");
    assert.deepEqual(readFileSync(database), damage);
    const report = await daemon.api.chat.list().then(() => null, reportIn);
    assert.equal(report?.code, "GATEWAY_NOT_READY");
    assertSentence(report);
    const lines = await daemon.api.system.logs({ source: "openclaw", limit: 100 });
    assert.ok(lines.some(({ text }) => /restore this file from a verified backup/.test(text)));
  });

  await t.test("the next step leads to what is the matter", async () => {
    const checks = (await home.cli("doctor", "--json")).json as DoctorCheck[];
    const check = checks.find(({ id }) => id === "gateway");
    assert.equal(check?.level, "fail");
    assert.doesNotMatch(check.next, /smartclaw doctor/);
  });

  await t.test("its configuration is garbage: it is written anew, and OpenClaw starts", async () => {
    for (const suffix of ["", "-wal", "-shm"]) rmSync(database + suffix, { force: true });
    writeFileSync(home.paths.openclawConfig, Buffer.alloc(500, 0xfe));
    await daemon.api.openclaw.start();
    await daemon.until(({ openclaw }) => openclaw.gateway.phase === "ready", "the gateway is ready");
    assert.equal(JSON.parse(readFileSync(home.paths.openclawConfig, "utf8")).gateway.bind, "loopback");
    talk = await startTalk(daemon.api);
  });

  await t.test("without any key a message says that there is none", async () => {
    const report = await talk.say("hello").then(() => null, reportIn);
    assert.match(report?.next ?? "", /Keys page/);
  });

  await t.test(
    "a key that is replaced while OpenClaw answers: the next answer uses the new one",
    async () => {
      const baseUrl = `${provider.url}/v1`;
      const request = {
        kind: "compatible" as const,
        baseUrl,
        model: "standin-1",
        key: "sk-first-0123456789",
      };
      const { connection } = await daemon.api.keys.add(request);
      assert.ok(connection !== null);
      assert.equal((await talk.say("hello")).outcome, "final");
      assert.equal(provider.requests.at(-1)?.headers.authorization, "Bearer sk-first-0123456789");

      provider.script({ kind: "answer", text: "word ".repeat(2_000), chunkDelayMs: 50 });
      const running = await talk.begin("a long one", "word");
      const [cut] = provider.requests.slice(-1);
      const { check } = await daemon.api.keys.rotate({ id: connection.id, key: "sk-second-0123456789" });
      assert.equal(check.ok, true);
      const { outcome, error } = await running.ended();
      assert.equal(outcome, "error");
      assert.match(error?.message ?? "", /replaced/);
      assert.ok(cut !== undefined && cut.closedAt !== null, "the answer of the old key was cut");

      const before = provider.requests.length;
      assert.equal((await talk.say("hello again")).outcome, "final");
      const later = provider.requests.slice(before).map(({ headers }) => headers.authorization);
      assert.deepEqual(new Set(later), new Set(["Bearer sk-second-0123456789"]));
    },
  );

  await t.test(
    "a key that is deleted while OpenClaw answers: it is cut, and the next message says so",
    async () => {
      const [connection] = await daemon.api.keys.list();
      assert.ok(connection !== undefined);
      provider.script({ kind: "answer", text: "word ".repeat(2_000), chunkDelayMs: 50 });
      const running = await talk.begin("a long one", "word");
      const [cut] = provider.requests.slice(-1);
      assert.deepEqual(await daemon.api.keys.remove({ id: connection.id }), { removed: true });
      const { outcome, error } = await running.ended();
      assert.equal(outcome, "error");
      assert.equal(error?.code, "KEY_REJECTED");
      assert.match(error.message, /key .* deleted/);
      assert.match(error.next, /Keys page/);
      assert.ok(cut !== undefined && cut.closedAt !== null, "the answer of the deleted key was cut");

      const before = provider.requests.length;
      const next = await talk.say("are you there?").then(() => null, reportIn);
      assert.match(next?.message ?? "", /No model is connected/);
      assert.match(next?.next ?? "", /Keys page/);
      assert.equal(provider.requests.length, before, "nothing was sent");
      assert.deepEqual(await daemon.api.keys.list(), []);
    },
  );
});

interface Talk {
  /** Sends a message and waits for the end of the answer. */
  say(text: string): Promise<End>;
  /** Sends a message and waits until the answer holds `word`. */
  begin(text: string, word: string): Promise<{ ended: () => Promise<End> }>;
  close(): void;
}

async function startTalk(api: Client): Promise<Talk> {
  const { id } = await api.chat.create({ title: "faults" });
  const seen: ChatEvent[] = [];
  const stop = new AbortController();
  void (async () => {
    for await (const event of await api.chat.events({ id }, { signal: stop.signal })) seen.push(event);
  })().catch(() => undefined);
  const wait = async <T>(look: () => T | undefined, what: string): Promise<T> => {
    for (const end = Date.now() + 180_000; Date.now() < end; await sleep(50)) {
      const found = look();
      if (found !== undefined) return found;
    }
    throw new Error(`never: ${what}; last ${JSON.stringify(seen.slice(-3))}`);
  };
  const endOf = (runId: string): Promise<End> =>
    wait(() => seen.find((one): one is End => one.type === "end" && one.runId === runId), "the answer ends");
  const send = async (conversation: ConversationId, text: string): Promise<string> =>
    (await api.chat.send({ conversation, text, clientId: randomUUID() })).runId;
  await wait(() => seen.find(({ type }) => type === "snapshot"), "the conversation is there");
  return {
    say: async (text) => endOf(await send(id, text)),
    async begin(text, word) {
      const runId = await send(id, text);
      const holds = (one: ChatEvent): boolean =>
        (one.type === "delta" && one.runId === runId && one.text.includes(word)) ||
        (one.type === "run" && one.run.runId === runId && one.run.text.includes(word));
      await wait(() => seen.find(holds), `the answer holds ${word}`);
      return { ended: () => endOf(runId) };
    },
    close: () => stop.abort(),
  };
}

/** OpenClaw reads its changed configuration by itself, and says when it has. */
function assertSentence(report: ErrorReport | null): void {
  assert.match(report?.message ?? "", /^[A-Z].*\.$/);
  assert.match(report?.next ?? "", /^[A-Z].*\.$/);
}

function reportIn(error: unknown): ErrorReport {
  return (error as { data: ErrorReport }).data;
}

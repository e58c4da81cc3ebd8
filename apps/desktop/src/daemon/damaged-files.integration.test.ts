/**
 * One file after the other is damaged while SmartClaw is stopped. Each time the built daemon starts, keeps the damaged
 * file, says so with a sentence, and everything that was not damaged works.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, test } from "node:test";
import { connectionId, type DoctorCheck, type ErrorReport, type SystemStatus } from "@smartclaw/contracts";
import { type ProviderStandIn, startProviderStandIn } from "@smartclaw/egress/testing";
import type { Client } from "../cli/client.ts";
import { createDaemonHome, type DaemonHome, type RunningDaemon } from "./testing/real-daemon.ts";
import type { Paths } from "./paths.ts";

const passphrase = "correct horse battery staple";
const keys = { compatible: "sk-first-0123456789abcdef", "compatible-2": "sk-second-0123456789abcdef" };
const ids = [connectionId.parse("compatible"), connectionId.parse("compatible-2")] as const;
const root = mkdtempSync(join(tmpdir(), "sc-damage-"));
const original = createDaemonHome(join(root, "original"));
let provider: ProviderStandIn;
let proof: { cookie: string; proof: string };
let serial = 0;

before(async () => {
  provider = await startProviderStandIn({ key: null });
  const daemon = await original.start();
  await daemon.api.vault.setup({ kind: "passphrase", passphrase });
  for (const key of Object.values(keys)) {
    const baseUrl = `${provider.url}/v1`;
    const { connection } = await daemon.api.keys.add({
      kind: "compatible",
      baseUrl,
      key,
      model: "standin-1",
    });
    assert.ok(connection !== null);
  }
  await daemon.api.settings.set({ allowedHosts: ["example.org"], ledgerDays: 30 });
  proof = await signIn(daemon.api);
  await daemon.stop();
});
after(async () => {
  await provider.close();
  rmSync(root, { recursive: true, force: true, maxRetries: 5 });
});

/** What still works: everything, but for what `except` names. */
async function assertRestWorks(
  daemon: RunningDaemon,
  except: "settings" | "connections" | "ledger" | "sessions",
): Promise<void> {
  const { api } = daemon;
  assert.equal((await api.vault.unlock({ kind: "passphrase", passphrase })).state, "ready");
  const settings = await api.settings.get();
  assert.deepEqual(settings.allowedHosts, except === "settings" ? [] : ["example.org"]);
  const connections = await api.keys.list();
  assert.deepEqual(
    connections.map(({ id, hasKey }) => [id, hasKey]),
    except === "connections" ? [] : ids.map((id) => [id, true]),
  );
  for (const { id } of connections) assert.equal((await api.keys.test({ id })).ok, true);
  const { entries } = await api.network.list({ text: "checking", limit: 500 });
  assert.equal(entries.length >= 2, true, "the ledger is written, and read again");
  assert.equal(await isSignedIn(api, proof), except !== "sessions");
  await signIn(api);
}

for (const [name, damage] of Object.entries({
  garbage: randomBytes(200),
  "a text that was cut off": Buffer.from('{"allowedHosts": ["exam'),
  "the wrong types": Buffer.from('{"allowedHosts":"example.org","ledgerDays":"many"}'),
}))
  test(`settings.json is ${name}`, async () => {
    await withDamage("settings", damage, async (home, daemon) => {
      await assertRestWorks(daemon, "settings");
      await assertKeptAside(home, home.paths.settings, damage);
      // What is missing is the strict side of it, and it can be set again.
      await daemon.api.settings.set({ allowedHosts: ["example.net"] });
      assert.deepEqual((await daemon.api.settings.get()).allowedHosts, ["example.net"]);
    });
  });

test("connections.json is garbage: the keys stay in the vault, and the file can be put back", async () => {
  const damage = Buffer.from('{"default":null,"connections":[{"id":7}]}');
  await withDamage("connections", damage, async (home, daemon) => {
    await assertRestWorks(daemon, "connections");
    await assertKeptAside(home, home.paths.connections, damage);
    await daemon.stop();
    cpSync(original.paths.connections, home.paths.connections);
    const again = await home.start();
    try {
      await again.api.vault.unlock({ kind: "passphrase", passphrase });
      assert.equal((await again.api.keys.test({ id: ids[0] })).ok, true);
      assert.equal(provider.requests.at(-1)?.headers.authorization, `Bearer ${keys.compatible}`);
    } finally {
      await again.stop();
    }
  });
});

test("the sessions' file is garbage: browsers sign in again", async () => {
  const damage = Buffer.from("[[[");
  await withDamage("sessions", damage, async (home, daemon) => {
    await assertRestWorks(daemon, "sessions");
    await assertKeptAside(home, home.paths.sessions, damage);
  });
});

const ledger = (): Buffer => readFileSync(original.paths.ledger);
for (const [name, damaged] of Object.entries({
  "random bytes": () => randomBytes(ledger().length),
  "cut off": () => ledger().subarray(0, 5_000),
  "random behind its first page": () => {
    const bytes = ledger();
    return Buffer.concat([bytes.subarray(0, 4_096), randomBytes(bytes.length - 4_096)]);
  },
}))
  test(`the ledger is ${name}`, async () => {
    const damage = damaged();
    await withDamage("ledger", damage, async (home, daemon) => {
      await assertRestWorks(daemon, "ledger");
      const aside = await assertKeptAside(home, home.paths.ledger, damage);
      const { entries } = await daemon.api.network.list({ limit: 500 });
      assert.match(entries.at(-1)?.reason ?? "", new RegExp(`damaged and is kept as .*${basename(aside)}$`));
    });
  });

for (const [name, damaged] of Object.entries({
  "random bytes": (bytes: Buffer) => randomBytes(bytes.length),
  "cut off": (bytes: Buffer) => bytes.subarray(0, bytes.length / 2),
}))
  test(`the vault is ${name}: it says so, is left as it is, and a copy brings every key back`, async () => {
    const whole = readFileSync(original.paths.vault);
    const damage = damaged(whole);
    await withDamage("vault", damage, async (home, daemon) => {
      const { json } = await home.cli("status", "--json");
      const { vault } = json as SystemStatus;
      assert.equal(vault.state, "damaged");
      assert.match(vault.message, /^The vault file is damaged/);
      assert.match(vault.next, /backup/);
      const checks = (await home.cli("doctor", "--json")).json as DoctorCheck[];
      const check = checks.find(({ id }) => id === "vault");
      assert.deepEqual([check?.level, check?.detail, check?.next], ["fail", vault.message, vault.next]);
      const baseUrl = `${provider.url}/v1`;
      const key = "sk-new-0123456789";
      for (const refused of [
        () => daemon.api.keys.add({ kind: "compatible", baseUrl, key, model: "standin-1" }),
        () => daemon.api.keys.test({ id: ids[0] }),
        () => daemon.api.vault.addRecoveryPhrase(),
      ]) {
        const report = await refused().then(() => null, reportIn);
        assert.deepEqual([report?.code, report?.message], ["VAULT_LOCKED", vault.message]);
      }
      assert.equal((await daemon.api.vault.setup({ kind: "passphrase", passphrase })).state, "damaged");
      assert.equal((await daemon.api.keys.list()).length, 2);
      assert.deepEqual((await daemon.api.settings.get()).allowedHosts, ["example.org"]);
      assert.equal(await isSignedIn(daemon.api, proof), true);
      assert.deepEqual(readFileSync(home.paths.vault), damage);

      writeFileSync(home.paths.vault, whole);
      assert.equal((await daemon.api.vault.unlock({ kind: "passphrase", passphrase })).state, "ready");
      await assertKeysAreUsed(daemon.api);
    });
  });

test("one key in the vault was altered: it is refused with a sentence, the other one works", async () => {
  const copy = join(root, "altered.sqlite");
  cpSync(original.paths.vault, copy);
  const database = new DatabaseSync(copy);
  database.exec(`UPDATE secret SET sealed = randomblob(length(sealed)) WHERE id LIKE '%${ids[0]}'`);
  database.close();
  await withDamage("vault", readFileSync(copy), async (home, daemon) => {
    const { api } = daemon;
    assert.equal((await api.vault.unlock({ kind: "passphrase", passphrase })).state, "ready");
    const report = await api.keys.test({ id: ids[0] }).then(() => null, reportIn);
    assert.equal(report?.code, "VAULT_TAMPERED");
    assert.match(report.message, /^This key was changed .* so it is not used\.$/);
    assert.match(report.next, /^Remove it on the Keys page and add it again/);
    assert.equal((await api.keys.test({ id: ids[1] })).ok, true);
    assert.equal(provider.requests.at(-1)?.headers.authorization, `Bearer ${keys["compatible-2"]}`);
    assert.equal((await home.cli("keys", "test", ids[0], "--json")).code, 1);

    assert.deepEqual(await api.keys.remove({ id: ids[0] }), { removed: true });
    const baseUrl = `${provider.url}/v1`;
    await api.keys.add({ kind: "compatible", baseUrl, key: keys.compatible, model: "standin-1" });
    await assertKeysAreUsed(api);
  });
});

async function assertKeysAreUsed(api: Client): Promise<void> {
  for (const id of ids) {
    assert.equal((await api.keys.test({ id })).ok, true);
    assert.equal(provider.requests.at(-1)?.headers.authorization, `Bearer ${keys[id as keyof typeof keys]}`);
  }
}

/** A daemon in a copy of the original folder, with one file of it replaced. */
async function withDamage(
  file: keyof Paths,
  content: Buffer,
  work: (home: DaemonHome, daemon: RunningDaemon) => Promise<void>,
): Promise<void> {
  const home = createDaemonHome(join(root, String(++serial)));
  cpSync(original.paths.home, home.paths.home, {
    recursive: true,
    filter: (path) => !path.endsWith(".sock"),
  });
  writeFileSync(home.paths[file], content);
  const daemon = await home.start();
  try {
    await work(home, daemon);
    assert.equal(daemon.alive() ? daemon.errors() : "", "");
  } finally {
    await daemon.stop();
  }
}

/** The damaged file is kept, and the logs say where, and what to do. @returns where */
async function assertKeptAside(home: DaemonHome, file: string, content: Buffer): Promise<string> {
  const name = basename(file);
  const asides = readdirSync(dirname(file)).filter((one) => /\.damaged-\d+$/.test(one));
  assert.equal(asides.length, 1);
  const [aside = ""] = asides;
  assert.ok(aside.startsWith(name));
  assert.deepEqual(readFileSync(join(dirname(file), aside)), content);
  const { stdout } = await home.cli("logs", "--json", "--source", "smartclaw", "--lines", "500");
  const lines = stdout.split("\n").filter((line) => line.includes(aside));
  assert.equal(lines.length, 1);
  const { level, text } = JSON.parse(lines[0] ?? "") as { level: string; text: string };
  assert.equal(level, "error");
  assert.match(text, /was damaged, so it was moved aside .*; .*(repair the old file|look into the old one)/);
  return aside;
}

async function signIn(api: Client): Promise<{ cookie: string; proof: string }> {
  const { url } = await api.system.loginLink();
  const { origin, hash } = new URL(url);
  const answer = await fetch(`${origin}/session/login`, {
    method: "POST",
    headers: { origin, "content-type": "application/json" },
    body: JSON.stringify({ token: hash.replace("#login=", "") }),
  });
  assert.equal(answer.status, 200);
  const given = (await answer.json()) as { proof: string };
  return { proof: given.proof, cookie: answer.headers.getSetCookie()[0]?.split(";")[0] ?? "" };
}

async function isSignedIn(api: Client, session: { cookie: string; proof: string }): Promise<boolean> {
  const { origin } = new URL((await api.system.loginLink()).url);
  const answer = await fetch(`${origin}/rpc/system/status`, {
    method: "POST",
    headers: { origin, cookie: session.cookie, "x-smartclaw-proof": session.proof },
  });
  return answer.status === 200;
}

function reportIn(error: unknown): ErrorReport {
  return (error as { data: ErrorReport }).data;
}

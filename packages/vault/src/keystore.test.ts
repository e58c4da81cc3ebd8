import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Log, Secret } from "@smartclaw/contracts";
import { createKeystore } from "./keystore.ts";

const run = promisify(execFile);
const silent: Log = { info() {}, warn() {}, error() {} };
const child = fileURLToPath(new URL("./keystore-child.ts", import.meta.url));
const skip = ["/usr/bin/dbus-daemon", "/usr/bin/gnome-keyring-daemon"].every(existsSync)
  ? false
  : "gnome-keyring or dbus is not installed";
const home = mkdtempSync(join(tmpdir(), "sc-keyring-"));
const started: ChildProcess[] = [];
after(() => {
  for (const process of started) process.kill("SIGKILL");
  rmSync(home, { recursive: true, force: true });
});

/** A machine under test has more to do than a person's. */
const patienceMs = 60_000;
const base = { PATH: process.env["PATH"] ?? "", HOME: home, XDG_RUNTIME_DIR: join(home, "run") };
const open = (
  environment: Record<string, string>,
  command: readonly [string, ...string[]] = [process.execPath, child],
  timeoutMs = patienceMs,
) => createKeystore({ command, environment, platform: "linux", log: silent, timeoutMs });

async function startBus(): Promise<Record<string, string>> {
  mkdirSync(base.XDG_RUNTIME_DIR, { recursive: true, mode: 0o700 });
  const bus = spawn("/usr/bin/dbus-daemon", ["--session", "--nofork", "--print-address=1"], {
    env: base,
    stdio: ["ignore", "pipe", "ignore"],
  });
  started.push(bus);
  const address = await new Promise<string>((resolve) =>
    createInterface({ input: bus.stdout }).once("line", resolve),
  );
  return { ...base, DBUS_SESSION_BUS_ADDRESS: address };
}

/** A real keyring, unlocked by a password on its stdin. */
async function startKeyring(): Promise<Record<string, string>> {
  const environment = await startBus();
  const daemon = spawn(
    "/usr/bin/gnome-keyring-daemon",
    ["--foreground", "--unlock", "--components=secrets"],
    { env: environment, stdio: ["pipe", "ignore", "ignore"] },
  );
  started.push(daemon);
  daemon.stdin.end("password of the test");
  for (let tries = 0; tries < 100; tries++) {
    const ask = [
      "--session",
      "--dest=org.freedesktop.DBus",
      "--print-reply",
      "/",
      "org.freedesktop.DBus.NameHasOwner",
      "string:org.freedesktop.secrets",
    ];
    if ((await run("/usr/bin/dbus-send", ask, { env: environment })).stdout.includes("true"))
      return environment;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("the keyring did not start");
}

test("the real keyring keeps the key, gives it back and forgets it", { skip }, async () => {
  const keystore = open(await startKeyring());
  assert.deepEqual(await keystore.read(), { kind: "missing" });
  const key = Secret.fromBytes(Uint8Array.from({ length: 32 }, (_, index) => index * 7));
  assert.equal(await keystore.write(key), null);
  const reading = await keystore.read();
  assert.equal(reading.kind, "found");
  if (reading.kind === "found") assert.deepEqual(reading.secret.reveal(), key.reveal());
  assert.equal(await keystore.remove(), null);
  assert.deepEqual(await keystore.read(), { kind: "missing" });
});

test("without D-Bus it is unavailable, and nothing else is used in its place", { skip }, async () => {
  const keystore = open(base);
  assert.equal((await keystore.read()).kind, "unavailable");
  assert.equal((await keystore.write(Secret.fromText("x".repeat(32))))?.state, "unavailable");
  assert.equal((await keystore.read()).kind, "unavailable");
});

test("a keyring that nobody has unlocked is locked", { skip }, async () => {
  // The bus starts the keyring by itself when it is asked for; without a display nobody can type its password.
  const keystore = open(await startBus());
  assert.equal((await keystore.read()).kind, "locked");
  assert.equal((await keystore.write(Secret.fromText("x".repeat(32))))?.state, "locked");
});

test("a helper that hangs is killed in time; one that talks nonsense is unavailable", async () => {
  const hanging = open(base, [process.execPath, "-e", "setInterval(() => {}, 1000)"], 300);
  const begun = Date.now();
  assert.equal((await hanging.read()).kind, "timed-out");
  assert.ok(Date.now() - begun < patienceMs);
  assert.equal(
    (await open(base, [process.execPath, "-e", "console.log('hello')"]).read()).kind,
    "unavailable",
  );
  assert.equal((await open(base, ["/nowhere/at/all"]).read()).kind, "unavailable");
});

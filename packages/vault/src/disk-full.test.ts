/**
 * The vault on a disk that is really full: a tmpfs of one megabyte in a mount namespace of its own. This file starts
 * itself a second time in there.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  ftruncateSync,
  fstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statfsSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Log, Secret, SmartClawError } from "@smartclaw/contracts";
import type { Keystore } from "./keystore.ts";
import { createVault, type Vault } from "./vault.ts";

const disk = process.env["SMARTCLAW_SMALL_DISK"];
if (disk === undefined) outside();
else inside(disk);

function outside(): void {
  const folder = mkdtempSync(join(tmpdir(), "sc-full-"));
  after(() => rmSync(folder, { recursive: true }));
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
  /** As root, or as a user that may have a user namespace. */
  const run = (flags: string, ...command: string[]) =>
    spawnSync(
      "unshare",
      [flags, "sh", "-c", 'mount -t tmpfs -o size=1m none "$0" && exec "$@"', folder, ...command],
      { env: { ...environment, SMARTCLAW_SMALL_DISK: folder }, encoding: "utf8" },
    );
  const flags = ["-m", "-rm"].find((one) => run(one, "true").status === 0);
  const skip = flags === undefined ? "no file system can be mounted here (unshare, tmpfs)" : false;
  test("the vault on a full disk", { skip }, () => {
    const script = fileURLToPath(import.meta.url);
    const { status, stdout, stderr } = run(flags ?? "", process.execPath, "--test-reporter=tap", script);
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, /^# pass 5$/m);
  });
}

function inside(disk: string): void {
  const filler = join(disk, "filler");
  const file = join(disk, "vault.sqlite");
  const free = (): number => statfsSync(disk).bavail * statfsSync(disk).bsize;
  beforeEach(() => {
    for (const name of readdirSync(disk)) rmSync(join(disk, name));
  });

  test("a new secret is refused with a sentence, what was acknowledged stays readable, and space heals it", async () => {
    const keystore = memoryKeystore();
    let vault = openVault(keystore);
    await vault.open();
    const known = new Map<string, string>();
    for (let number = 0; number < 5; number++) {
      known.set(`provider/${number}`, `sk-${number}-${"x".repeat(200)}`);
      vault.put(`provider/${number}`, Secret.fromText(known.get(`provider/${number}`) ?? ""));
    }
    fillUp();
    assert.throws(() => vault.put("provider/new", Secret.fromText("sk-new")), isDiskFull);
    assert.throws(() => vault.put("provider/1", Secret.fromText("sk-rotated")), isDiskFull);
    assert.throws(() => vault.remove("provider/2"), isDiskFull);
    assertHolds(vault, known);
    assert.equal(vault.status().state, "ready");

    vault.close();
    vault = openVault(keystore);
    assert.equal((await vault.open()).state, "ready");
    assertHolds(vault, known);
    vault.close();

    fillUp();
    assert.equal(free(), 0);
    vault = openVault(keystore);
    assert.deepEqual([(await vault.open()).state, vault.status().message], ["ready", ""]);
    assertHolds(vault, known);
    assert.throws(() => vault.put("provider/new", Secret.fromText("sk-new")), isDiskFull);
    rmSync(filler);
    vault.put("provider/new", Secret.fromText("sk-new"));
    assertHolds(vault, known.set("provider/new", "sk-new"));
    vault.close();
    vault = openVault(keystore);
    await vault.open();
    assertHolds(vault, known);
    vault.close();
  });

  test("however little space is left, a change is acknowledged and there, or refused and not there", async () => {
    const keystore = memoryKeystore();
    let vault = openVault(keystore);
    await vault.open();
    const known = new Map<string, string>();
    let phrase: string | null = null;
    let refused = 0;
    let acknowledged = 0;
    const change = (work: () => void): void => {
      try {
        work();
        acknowledged++;
      } catch (error) {
        assert.ok(isDiskFull(error));
        refused++;
      }
    };
    for (let pages = 0; pages < 24; pages++) {
      fillUp(pages * 4096);
      const value = `sk-${pages}-${"y".repeat(3_000)}`;
      change(() => {
        vault.put(`added/${pages}`, Secret.fromText(value));
        known.set(`added/${pages}`, value);
      });
      change(() => {
        vault.put("rotated", Secret.fromText(value));
        known.set("rotated", value);
      });
      change(() => {
        const [oldest = "none"] = known.keys();
        vault.remove(oldest);
        known.delete(oldest);
      });
      try {
        phrase = (await vault.addRecoveryPhrase()).phrase.revealText();
        acknowledged++;
      } catch (error) {
        assert.ok(isDiskFull(error));
        refused++;
      }
      assertHolds(vault, known);
      vault.close();
      vault = openVault(keystore);
      await vault.open();
      assertHolds(vault, known);
      if (phrase === null) continue;
      vault.lock();
      assert.equal((await vault.unlock({ kind: "recovery-phrase", phrase })).state, "ready");
      assertHolds(vault, known);
    }
    vault.close();
    assert.ok(refused > 3 && acknowledged > 3, `${refused} refused, ${acknowledged} acknowledged`);
  });

  test("locking and closing need no space", async () => {
    const keystore = memoryKeystore();
    const vault = openVault(keystore);
    await vault.open();
    vault.put("a", Secret.fromText("sk-one"));
    fillUp();
    // A time of last use that cannot be written is on its way.
    vault.get("a");
    assert.equal(vault.lock().state, "locked");
    assert.throws(
      () => vault.get("a"),
      (error) => error instanceof SmartClawError && error.code === "VAULT_LOCKED",
    );
    assert.equal((await vault.unlock({ kind: "retry" })).state, "ready");
    vault.get("a");
    vault.close();
  });

  test("a vault that could not be made for want of space is made when there is some", async () => {
    const keystore = memoryKeystore();
    const vault = openVault(keystore);
    for (const pages of [0, 1, 4, 8]) {
      fillUp(pages * 4096);
      const status = await vault.open();
      if (status.state === "ready") break;
      assert.match(status.message, /disk is full/);
      assert.match(status.next, /space/);
      assert.ok(!existsSync(file) || status.state === "locked");
    }
    rmSync(filler);
    assert.equal((await vault.unlock({ kind: "retry" })).state, "ready");
    vault.put("a", Secret.fromText("sk-one"));
    vault.close();
    const again = openVault(keystore);
    await again.open();
    assertHolds(again, new Map([["a", "sk-one"]]));
    again.close();
  });

  test("a key file that could not be written is not left behind", async () => {
    const vault = openVault(memoryKeystore());
    await vault.open();
    fillUp();
    const path = join(disk, "vault.key");
    await assert.rejects(vault.setup({ kind: "key-file", path }), isDiskFull);
    assert.equal(existsSync(path), false);
    rmSync(filler);
    assert.equal((await vault.setup({ kind: "key-file", path })).slots.length, 2);
    vault.close();
  });

  /** Writes until nothing more fits, then gives `left` bytes back. */
  function fillUp(left = 0): void {
    const descriptor = openSync(filler, "a");
    try {
      for (;;) writeSync(descriptor, Buffer.alloc(4096));
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, "ENOSPC");
    }
    ftruncateSync(descriptor, Math.max(0, fstatSync(descriptor).size - left));
    closeSync(descriptor);
  }

  function openVault(keystore: Keystore): Vault {
    const silent: Log = { info() {}, warn() {}, error() {} };
    return createVault({
      file,
      keystore,
      clock: { now: () => Date.now() },
      random: (length) => Uint8Array.from(randomBytes(length)),
      platform: process.platform,
      log: silent,
      readCredential: () => null,
    });
  }
}

function assertHolds(vault: Vault, known: ReadonlyMap<string, string>): void {
  assert.deepEqual(
    vault.list().map(({ id }) => id),
    [...known.keys()].toSorted(),
  );
  for (const [id, value] of known) assert.equal(vault.get(id)?.revealText(), value, id);
}

function isDiskFull(error: unknown): boolean {
  return (
    error instanceof SmartClawError &&
    error.code === "DISK_FULL" &&
    /disk is full/.test(error.message) &&
    error.next !== ""
  );
}

/** A stand-in keystore in memory; the real one has its own test. */
function memoryKeystore(): Keystore {
  let kept: Secret | null = null;
  return {
    name: "The stand-in keystore",
    read: () =>
      Promise.resolve(
        kept === null ? { kind: "missing" as const } : { kind: "found" as const, secret: kept },
      ),
    write: (secret) => {
      kept = secret;
      return Promise.resolve(null);
    },
    remove: () => {
      kept = null;
      return Promise.resolve(null);
    },
  };
}

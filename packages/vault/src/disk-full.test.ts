/** The vault on a disk that is really full. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Secret, SmartClawError } from "@smartclaw/contracts";
import { createMemoryKeystore } from "./testing/memory-keystore.ts";
import { openTestVault } from "./testing/open-vault.ts";
import { testOnSmallDisk } from "./testing/small-disk.ts";
import type { Vault } from "./vault.ts";

testOnSmallDisk(import.meta.url, "1m", {
  "a new secret is refused with a sentence, what was acknowledged stays readable, and space heals it": async (
    disk,
  ) => {
    const file = join(disk.path, "vault.sqlite");
    const keystore = createMemoryKeystore();
    let vault = openTestVault(file, keystore);
    await vault.open();
    const known = new Map<string, string>();
    for (let number = 0; number < 5; number++) {
      known.set(`provider/${number}`, `sk-${number}-${"x".repeat(200)}`);
      vault.put(`provider/${number}`, Secret.fromText(known.get(`provider/${number}`) ?? ""));
    }
    disk.fill();
    assert.throws(() => vault.put("provider/new", Secret.fromText("sk-new")), isDiskFull);
    assert.throws(() => vault.put("provider/1", Secret.fromText("sk-rotated")), isDiskFull);
    assert.throws(() => vault.remove("provider/2"), isDiskFull);
    assertHolds(vault, known);
    assert.equal(vault.status().state, "ready");

    vault.close();
    vault = openTestVault(file, keystore);
    assert.equal((await vault.open()).state, "ready");
    assertHolds(vault, known);
    vault.close();

    disk.fill();
    assert.equal(disk.free(), 0);
    vault = openTestVault(file, keystore);
    assert.deepEqual([(await vault.open()).state, vault.status().message], ["ready", ""]);
    assertHolds(vault, known);
    assert.throws(() => vault.put("provider/new", Secret.fromText("sk-new")), isDiskFull);
    disk.relieve();
    vault.put("provider/new", Secret.fromText("sk-new"));
    assertHolds(vault, known.set("provider/new", "sk-new"));
    vault.close();
    vault = openTestVault(file, keystore);
    await vault.open();
    assertHolds(vault, known);
    vault.close();
  },

  "however little space is left, a change is acknowledged and there, or refused and not there": async (
    disk,
  ) => {
    const file = join(disk.path, "vault.sqlite");
    const keystore = createMemoryKeystore();
    let vault = openTestVault(file, keystore);
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
      disk.fill(pages * 4096);
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
      vault = openTestVault(file, keystore);
      await vault.open();
      assertHolds(vault, known);
      if (phrase === null) continue;
      vault.lock();
      assert.equal((await vault.unlock({ kind: "recovery-phrase", phrase })).state, "ready");
      assertHolds(vault, known);
    }
    vault.close();
    assert.ok(refused > 3 && acknowledged > 3, `${refused} refused, ${acknowledged} acknowledged`);
  },

  "locking and closing need no space": async (disk) => {
    const file = join(disk.path, "vault.sqlite");
    const keystore = createMemoryKeystore();
    const vault = openTestVault(file, keystore);
    await vault.open();
    vault.put("a", Secret.fromText("sk-one"));
    disk.fill();
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
  },

  "a vault that could not be made for want of space is made when there is some": async (disk) => {
    const file = join(disk.path, "vault.sqlite");
    const keystore = createMemoryKeystore();
    const vault = openTestVault(file, keystore);
    for (const pages of [0, 1, 4, 8]) {
      disk.fill(pages * 4096);
      const status = await vault.open();
      if (status.state === "ready") break;
      assert.match(status.message, /disk is full/);
      assert.match(status.next, /space/);
      assert.ok(!existsSync(file) || status.state === "locked");
    }
    disk.relieve();
    assert.equal((await vault.unlock({ kind: "retry" })).state, "ready");
    vault.put("a", Secret.fromText("sk-one"));
    vault.close();
    const again = openTestVault(file, keystore);
    await again.open();
    assertHolds(again, new Map([["a", "sk-one"]]));
    again.close();
  },

  "a key file that could not be written is not left behind": async (disk) => {
    const file = join(disk.path, "vault.sqlite");
    const vault = openTestVault(file, createMemoryKeystore());
    await vault.open();
    disk.fill();
    const path = join(disk.path, "vault.key");
    await assert.rejects(vault.setup({ kind: "key-file", path }), isDiskFull);
    assert.equal(existsSync(path), false);
    disk.relieve();
    assert.equal((await vault.setup({ kind: "key-file", path })).slots.length, 2);
    vault.close();
  },
});

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

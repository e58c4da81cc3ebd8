import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Log } from "@smartclaw/contracts";
import { createKeystore, createVault, type Vault } from "@smartclaw/vault";
import { describeVault } from "./describe-vault.ts";

const folder = mkdtempSync(join(tmpdir(), "sc-describe-"));
after(() => rmSync(folder, { recursive: true }));
const silent: Log = { info() {}, warn() {}, error() {} };

/** A vault whose keystore's helper cannot be started. */
const openVault = (): Vault =>
  createVault({
    file: join(folder, "vault.sqlite"),
    keystore: createKeystore({ command: ["/nowhere"], environment: {}, platform: "linux", log: silent }),
    clock: { now: () => Date.now() },
    random: (length) => Uint8Array.from(randomBytes(length)),
    platform: process.platform,
    log: silent,
    readCredential: () => null,
  });
const said = (text: string, sentence: RegExp): number => text.match(new RegExp(sentence, "g"))?.length ?? 0;

test("what the keystore said is said once; of one that was not asked, that it was not", async () => {
  const vault = openVault();
  const fault = /The Secret Service keyring cannot be used: its helper program could not be started\./;
  const uninitialised = describeVault(await vault.open());
  assert.equal(said(uninitialised, fault), 1, uninitialised);
  const ready = describeVault(
    await vault.setup({ kind: "passphrase", passphrase: "correct horse battery staple" }),
  );
  assert.equal(said(ready, fault), 1, ready);
  vault.close();

  const again = openVault();
  const locked = describeVault(await again.open());
  assert.equal(said(locked, fault), 0, locked);
  assert.match(locked, /The Secret Service keyring was not asked, because nothing has needed it yet\.$/);
  again.close();
});

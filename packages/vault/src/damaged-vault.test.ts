/** Whatever happened to the vault file: it is said, nothing is made in its place, and putting it back brings all back. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import { Secret, SmartClawError } from "@smartclaw/contracts";
import { createMemoryKeystore } from "./testing/memory-keystore.ts";
import { openTestVault } from "./testing/open-vault.ts";
import type { Vault } from "./vault.ts";

const folder = mkdtempSync(join(tmpdir(), "sc-damaged-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const keystore = createMemoryKeystore();
const openVault = (file: string): Vault => openTestVault(file, keystore);

const good = join(folder, "good.sqlite");
const made = openVault(good);
await made.open();
for (let number = 0; number < 40; number++)
  made.put(`k/${number}`, Secret.fromText(`sk-${number}`.repeat(60)));
made.close();
const whole = readFileSync(good);

const torn = (at: number, length: number): Buffer => {
  const bytes = Buffer.from(whole);
  randomBytes(length).copy(bytes, at);
  return bytes;
};
const changed = (statement: string): Buffer => {
  const file = join(folder, "changed.sqlite");
  writeFileSync(file, whole);
  const database = new DatabaseSync(file);
  database.exec(statement);
  database.close();
  return readFileSync(file);
};
const damages: Record<string, Buffer> = {
  "random bytes": randomBytes(whole.length),
  "nothing but zeros": Buffer.alloc(whole.length),
  emptied: Buffer.alloc(0),
  "cut off within its head": whole.subarray(0, 60),
  "cut off after a page": whole.subarray(0, 4096),
  "cut off in the middle": whole.subarray(0, whole.length / 2 + 100),
  "random bytes in the middle": torn(8_192, 4_096),
  "random bytes at the end": torn(whole.length - 4_096, 4_096),
  "without a table": changed("DROP TABLE slot"),
  "without the secrets' table": changed("DROP TABLE secret"),
  "without a way to open it": changed("DELETE FROM slot"),
  "a slot of no known kind": changed("UPDATE slot SET kind = 'nonsense'"),
  "a manifest that was altered": changed("UPDATE manifest SET sealed = randomblob(length(sealed))"),
  "made by a later SmartClaw": changed("PRAGMA user_version = 2"),
};

for (const [name, bytes] of Object.entries(damages))
  test(`a vault file that is damaged: ${name}`, async () => {
    const file = join(folder, "vault.sqlite");
    writeFileSync(file, bytes);
    const before = keystore.asked.writes;
    const vault = openVault(file);
    const status = await vault.open();
    assert.deepEqual(status, vault.status());
    assert.equal(status.state, "damaged");
    assert.match(status.message, /^The vault file .*\.$/);
    assert.match(status.next, name.includes("later") ? /^Update SmartClaw/ : /backup/);
    assert.throws(
      () => vault.put("k/new", Secret.fromText("sk-new")),
      (error) => error instanceof SmartClawError && error.message === status.message,
    );
    const setup = await vault.setup({ kind: "keystore" }).then(
      ({ state }) => state,
      (error: unknown) => (error as SmartClawError).code,
    );
    assert.ok(["damaged", "VAULT_LOCKED"].includes(setup), setup);
    assert.deepEqual(vault.list(), []);
    assert.equal(keystore.asked.writes, before, "no key was made");
    assert.deepEqual(readFileSync(file), bytes, "it was left as it is");

    for (const suffix of ["-wal", "-shm"]) rmSync(file + suffix, { force: true });
    writeFileSync(file, whole);
    assert.equal((await vault.unlock({ kind: "retry" })).state, "ready");
    for (let number = 0; number < 40; number++)
      assert.equal(vault.get(`k/${number}`)?.revealText(), `sk-${number}`.repeat(60));
    vault.close();
  });

test("one key that was altered is refused; the others are read, and it can be replaced", async () => {
  const file = join(folder, "row.sqlite");
  writeFileSync(file, changed("UPDATE secret SET sealed = randomblob(length(sealed)) WHERE id = 'k/7'"));
  const vault = openVault(file);
  assert.equal((await vault.open()).state, "ready");
  assert.throws(
    () => vault.get("k/7"),
    (error) =>
      error instanceof SmartClawError &&
      error.code === "VAULT_TAMPERED" &&
      error.message.startsWith("This key"),
  );
  assert.equal(vault.get("k/8")?.revealText(), "sk-8".repeat(60));
  vault.put("k/7", Secret.fromText("sk-again"));
  assert.equal(vault.get("k/7")?.revealText(), "sk-again");
  vault.close();
});

test("slots whose parameters cannot be read are damage, and no reason to fail without a sentence", async () => {
  const file = join(folder, "slots.sqlite");
  writeFileSync(file, whole);
  const vault = openVault(file);
  await vault.open();
  await vault.addPassphrase(Secret.fromText("correct horse battery staple"));
  vault.close();
  const database = new DatabaseSync(file);
  database.exec("DELETE FROM slot WHERE kind = 'keystore'; UPDATE slot SET parameters = '{'");
  database.close();
  const again = openVault(file);
  assert.equal((await again.open()).state, "locked");
  const status = await again.unlock({ kind: "passphrase", passphrase: "correct horse battery staple" });
  assert.equal(status.state, "damaged");
  again.close();
});

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import fc from "fast-check";
import { Secret, SmartClawError } from "@smartclaw/contracts";
import type { Keystore } from "./keystore.ts";
import { createMemoryKeystore } from "./testing/memory-keystore.ts";
import { openTestVault } from "./testing/open-vault.ts";
import type { Vault } from "./vault.ts";

const folder = mkdtempSync(join(tmpdir(), "sc-vault-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const passphrase = "correct horse battery staple";
let serial = 0;

function open(
  keystore: Keystore,
  file = join(folder, `${++serial}.sqlite`),
  credential: Uint8Array | null = null,
): { vault: Vault; file: string } {
  return { vault: openTestVault(file, keystore, credential), file };
}

const failsWith = (code: string) => (error: unknown) =>
  error instanceof SmartClawError && error.code === code;
const text = (value: string): Secret => Secret.fromText(value);

test("the first start makes a vault in the keystore, the next one opens it", async () => {
  const keystore = createMemoryKeystore();
  const first = open(keystore);
  assert.equal((await first.vault.open()).state, "ready");
  first.vault.put("provider/openai", text("sk-one"));
  first.vault.close();
  assert.equal(statSync(first.file).mode & 0o777, 0o600);
  const second = open(keystore, first.file);
  const status = await second.vault.open();
  assert.deepEqual([status.state, status.openedBy], ["ready", "keystore"]);
  assert.equal(second.vault.get("provider/openai")?.revealText(), "sk-one");
  assert.equal(second.vault.get("provider/none"), null);
  second.vault.close();
});

test("a locked or missing keystore is a state, never a new key and never plaintext", async () => {
  const keystore = createMemoryKeystore();
  const made = open(keystore);
  await made.vault.open();
  made.vault.put("a", text("sk-one"));
  made.vault.close();
  const before = readFileSync(made.file);
  for (const [answer, state] of [
    [{ kind: "locked", reason: "it is locked" }, "locked"],
    [{ kind: "timed-out", reason: "it waits" }, "locked"],
    [{ kind: "unavailable", reason: "no D-Bus" }, "locked"],
    [{ kind: "missing" }, "key-missing"],
    [{ kind: "found", secret: Secret.fromBytes(randomBytes(32)) }, "key-missing"],
  ] as const) {
    keystore.answer = answer;
    const { vault } = open(keystore, made.file);
    const status = await vault.open();
    assert.equal(status.state, state);
    assert.ok(status.message !== "" && status.next !== "");
    assert.throws(() => vault.get("a"), failsWith("VAULT_LOCKED"));
    assert.throws(() => vault.put("b", text("sk-two")), failsWith("VAULT_LOCKED"));
    assert.equal(keystore.answer, answer, "nothing was written to the keystore");
    vault.close();
  }
  assert.deepEqual(readFileSync(made.file), before);
});

test("without a keystore nothing is made until the user chooses", async () => {
  const keystore = createMemoryKeystore();
  keystore.answer = { kind: "unavailable", reason: "no D-Bus" };
  const { vault, file } = open(keystore);
  assert.equal((await vault.open()).state, "uninitialised");
  assert.equal(existsSync(file), false);
  assert.throws(() => vault.put("a", text("x")), failsWith("VAULT_UNINITIALISED"));
  await assert.rejects(vault.setup({ kind: "keystore" }), failsWith("KEYSTORE_UNAVAILABLE"));
  assert.equal((await vault.setup({ kind: "passphrase", passphrase })).state, "ready");
  vault.close();
});

test("a keystore that no slot needs is not asked, and nothing is claimed of it", async () => {
  const keystore = createMemoryKeystore();
  keystore.answer = { kind: "unavailable", reason: "no D-Bus" };
  const made = open(keystore);
  const health = (vault: Vault): string => vault.status().keystore.state;
  assert.equal(health(made.vault), "not-asked");
  await made.vault.open();
  assert.equal(health(made.vault), "unavailable");
  await made.vault.setup({ kind: "passphrase", passphrase });
  made.vault.close();

  const { reads } = keystore.asked;
  const again = open(keystore, made.file);
  assert.equal((await again.vault.open()).keystore.state, "not-asked");
  assert.equal((await again.vault.unlock({ kind: "passphrase", passphrase })).keystore.state, "not-asked");
  assert.equal(keystore.asked.reads, reads);
  await assert.rejects(again.vault.setup({ kind: "keystore" }), failsWith("KEYSTORE_UNAVAILABLE"));
  assert.deepEqual(again.vault.status().keystore, {
    name: keystore.name,
    state: "unavailable",
    reason: "no D-Bus",
  });
  again.vault.close();
});

test("every kind of slot opens the same secrets; wrong ones open nothing", async () => {
  const keystore = createMemoryKeystore();
  const credential = Uint8Array.from(randomBytes(32));
  const made = open(keystore, undefined, credential);
  await made.vault.open();
  made.vault.put("a", text("sk-one"));
  const keyFile = join(folder, "vault.key");
  await made.vault.addPassphrase(text(passphrase));
  const { phrase } = await made.vault.addRecoveryPhrase();
  await made.vault.setup({ kind: "key-file", path: keyFile });
  await made.vault.setup({ kind: "systemd-credential", name: "vault" });
  assert.equal(statSync(keyFile).mode & 0o777, 0o400);
  made.vault.close();
  keystore.answer = { kind: "missing" };

  const byFile = open(keystore, made.file);
  assert.equal((await byFile.vault.open()).openedBy, "key-file");
  byFile.vault.close();
  chmodSync(keyFile, 0o440);
  const byCredential = open(keystore, made.file, credential);
  assert.equal((await byCredential.vault.open()).openedBy, "systemd-credential");
  byCredential.vault.close();

  const byHand = open(keystore, made.file);
  assert.notEqual((await byHand.vault.open()).state, "ready");
  await assert.rejects(
    byHand.vault.unlock({ kind: "passphrase", passphrase: "not it at all" }),
    failsWith("VAULT_WRONG_SECRET"),
  );
  await assert.rejects(
    byHand.vault.unlock({ kind: "recovery-phrase", phrase: "abandon ".repeat(24) }),
    failsWith("VAULT_WRONG_SECRET"),
  );
  assert.equal(
    (await byHand.vault.unlock({ kind: "recovery-phrase", phrase: phrase.revealText().toUpperCase() }))
      .openedBy,
    "recovery-phrase",
  );
  assert.equal(byHand.vault.get("a")?.revealText(), "sk-one");
  byHand.vault.lock();
  assert.equal((await byHand.vault.unlock({ kind: "passphrase", passphrase })).openedBy, "passphrase");
  assert.equal(byHand.vault.get("a")?.revealText(), "sk-one");
  byHand.vault.close();
});

test("the last way to open the vault cannot be removed", async () => {
  const { vault } = open(createMemoryKeystore());
  const { slots } = await vault.open();
  assert.throws(() => vault.removeSlot(slots[0]!.id), failsWith("CONFLICT"));
  const added = await vault.addPassphrase(text(passphrase));
  assert.equal(vault.removeSlot(slots[0]!.id).slots[0]?.id, added.id);
  vault.close();
});

test("a rotated or deleted secret leaves no trace in the files", async () => {
  const { vault, file } = open(createMemoryKeystore());
  await vault.open();
  assert.equal(vault.put("a", text("sk-one")).version, 1);
  const database = new DatabaseSync(file, { readOnly: true });
  const sealed = (): Buffer =>
    Buffer.from(
      (database.prepare("SELECT sealed FROM secret WHERE id = 'a'").get() as { sealed: Uint8Array }).sealed,
    );
  const first = sealed();
  assert.equal(vault.put("a", text("sk-two")).version, 2);
  const second = sealed();
  database.close();
  assert.equal(vault.remove("a"), true);
  assert.equal(vault.remove("a"), false);
  assert.equal(vault.get("a"), null);
  for (const name of readdirSync(folder).filter((one) => file.endsWith(one.replace(/-(wal|shm)$/, ""))))
    for (const old of [first, second, Buffer.from("sk-")])
      assert.equal(readFileSync(join(folder, name)).includes(old), false, name);
  vault.close();
});

test("rows that were swapped, put back, cut out or forged are noticed", async () => {
  const attacks: Record<string, string[]> = {
    swapped: ["UPDATE secret SET sealed = (SELECT sealed FROM secret WHERE id = 'b') WHERE id = 'a'"],
    "put back": ["UPDATE secret SET version = 1 WHERE id = 'a'"],
    "cut out": ["DELETE FROM secret WHERE id = 'a'"],
    forged: ["UPDATE secret SET sealed = randomblob(40) WHERE id = 'a'"],
    "with its manifest gone": ["DELETE FROM manifest"],
  };
  for (const [name, statements] of Object.entries(attacks)) {
    const keystore = createMemoryKeystore();
    const { vault, file } = open(keystore);
    await vault.open();
    vault.put("a", text("sk-one"));
    vault.put("a", text("sk-two"));
    vault.put("b", text("sk-three"));
    const attacker = new DatabaseSync(file);
    for (const statement of statements) attacker.exec(statement);
    attacker.close();
    assert.throws(() => vault.get("a"), failsWith("VAULT_TAMPERED"), name);
    vault.close();
  }
});

test("a slot whose parameters were changed opens nothing", async () => {
  const keystore = createMemoryKeystore();
  keystore.answer = { kind: "unavailable", reason: "none" };
  const { vault, file } = open(keystore);
  await vault.setup({ kind: "passphrase", passphrase });
  vault.close();
  const attacker = new DatabaseSync(file);
  attacker.exec("UPDATE slot SET parameters = replace(parameters, '\"passes\":3', '\"passes\":1')");
  attacker.close();
  const again = open(keystore, file);
  await again.vault.open();
  await assert.rejects(
    again.vault.unlock({ kind: "passphrase", passphrase }),
    failsWith("VAULT_WRONG_SECRET"),
  );
  again.vault.close();
});

test("a damaged file is said to be damaged and left as it is", async () => {
  const file = join(folder, "damaged.sqlite");
  writeFileSync(file, "no database ".repeat(100), { mode: 0o600 });
  const { vault } = open(createMemoryKeystore(), file);
  assert.equal((await vault.open()).state, "damaged");
  assert.equal(readFileSync(file, "utf8"), "no database ".repeat(100));
  vault.close();
});

test("whatever is put, rotated, removed and reopened, the vault holds what a map would", async () => {
  const id = fc.constantFrom("a", "b", "c");
  const step = fc.oneof(
    fc.record({ kind: fc.constant("put" as const), id, value: fc.string() }),
    fc.record({ kind: fc.constant("remove" as const), id }),
    fc.record({ kind: fc.constant("reopen" as const) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 15 }), async (steps) => {
      const keystore = createMemoryKeystore();
      let { vault, file } = open(keystore);
      await vault.open();
      const model = new Map<string, string>();
      for (const one of steps) {
        if (one.kind === "put") {
          vault.put(one.id, text(one.value));
          model.set(one.id, one.value);
        } else if (one.kind === "remove") {
          assert.equal(vault.remove(one.id), model.delete(one.id));
        } else {
          vault.close();
          ({ vault } = open(keystore, file));
          await vault.open();
        }
        for (const name of ["a", "b", "c"])
          assert.equal(vault.get(name)?.revealText() ?? null, model.get(name) ?? null);
        assert.deepEqual(
          vault.list().map((info) => info.id),
          [...model.keys()].toSorted(),
        );
      }
      vault.close();
    }),
    { numRuns: 25 },
  );
});

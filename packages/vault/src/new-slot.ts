import { existsSync } from "node:fs";
import { phraseOf } from "@smartclaw/crypto";
import { type Clock, type RandomBytes, Secret, SmartClawError, type VaultSetup } from "@smartclaw/contracts";
import type { KnownKeystore } from "./known-keystore.ts";
import {
  keyOfCredential,
  keyOfEntropy,
  keyOfPassphrase,
  newArgon2Parameters,
  readKeyFile,
  writeKeyFile,
} from "./slot-keys.ts";
import { wrapMasterKey } from "./slots.ts";
import type { SlotRow } from "./vault-file.ts";

interface NewSlotDeps {
  readonly keystore: KnownKeystore;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly platform: string;
  readonly readCredential: (name: string) => Uint8Array | null;
}

/** A slot where the user chose it, not yet in the vault's file. @throws SmartClawError */
export async function makeSlot(
  choice: VaultSetup,
  masterKey: Uint8Array,
  deps: NewSlotDeps,
): Promise<SlotRow> {
  const { random, platform } = deps;
  const wrap = (parameters: unknown, slotKey: Uint8Array): SlotRow =>
    wrapMasterKey({
      kind: choice.kind,
      parameters: JSON.stringify(parameters),
      slotKey,
      masterKey,
      now: deps.clock.now(),
      random,
    });
  switch (choice.kind) {
    case "keystore":
      return wrap({}, await deps.keystore.slotKey());
    case "passphrase": {
      const parameters = newArgon2Parameters(random);
      return wrap(parameters, await keyOfPassphrase(choice.passphrase, parameters));
    }
    case "key-file": {
      const key = existsSync(choice.path) ? readKeyFile(choice.path, platform) : random(32);
      if (!existsSync(choice.path)) writeKeyFile(choice.path, key);
      return wrap({ path: choice.path }, key);
    }
    case "systemd-credential": {
      const content = deps.readCredential(choice.name);
      const key = content === null ? null : keyOfCredential(content);
      if (key !== null) return wrap({ name: choice.name }, key);
      throw new SmartClawError(
        "KEYSTORE_UNAVAILABLE",
        `systemd gave SmartClaw no credential “${choice.name}” of 32 bytes.`,
        "Make one with `systemd-creds encrypt`, name it in the unit with LoadCredentialEncrypted=, and start SmartClaw by that unit.",
      );
    }
  }
}

/** A slot that 24 new words open. They are not kept anywhere. */
export function makeRecoverySlot(
  masterKey: Uint8Array,
  { clock, random }: Pick<NewSlotDeps, "clock" | "random">,
): { phrase: Secret; row: SlotRow } {
  const entropy = random(32);
  const row = wrapMasterKey({
    kind: "recovery-phrase",
    parameters: "{}",
    slotKey: keyOfEntropy(entropy),
    masterKey,
    now: clock.now(),
    random,
  });
  const phrase = Secret.fromText(phraseOf(entropy));
  entropy.fill(0);
  return { phrase, row };
}

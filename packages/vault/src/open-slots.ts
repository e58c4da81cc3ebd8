import { entropyOf } from "@smartclaw/crypto";
import { SmartClawError, type VaultUnlock } from "@smartclaw/contracts";
import { z } from "zod";
import type { KnownKeystore } from "./known-keystore.ts";
import { keyMissing, type Obstacle, wantsUser } from "./obstacles.ts";
import {
  argon2Parameters,
  keyOfCredential,
  keyOfEntropy,
  keyOfPassphrase,
  readKeyFile,
} from "./slot-keys.ts";
import { describeSlot, parametersOf, unwrapMasterKey } from "./slots.ts";
import type { SlotRow } from "./vault-file.ts";

const fileParameters = z.object({ path: z.string() });
const credentialParameters = z.object({ name: z.string() });

interface AutomaticDeps {
  readonly keystore: KnownKeystore;
  readonly platform: string;
  /** The content of a systemd credential, or null. */
  readonly readCredential: (name: string) => Uint8Array | null;
}

/** A slot that was opened, with what was in it. */
interface OpenedSlot {
  readonly slot: SlotRow;
  readonly masterKey: Uint8Array;
}

/**
 * Opens the first slot that can be opened without the user.
 * @returns what stood in the way of the last one that was tried, when none could
 */
export async function openSlotAutomatically(
  slots: readonly SlotRow[],
  deps: AutomaticDeps,
): Promise<OpenedSlot | Obstacle> {
  let worst = wantsUser;
  for (const slot of slots) {
    const attempt = await automaticKey(slot, deps);
    if (attempt === null) continue;
    if (!("key" in attempt)) {
      worst = attempt;
      continue;
    }
    const masterKey = unwrapMasterKey(slot, attempt.key);
    attempt.key.fill(0);
    if (masterKey !== null) return { slot, masterKey };
    worst = keyMissing(deps.keystore.name, "holds a key that is not this vault's");
  }
  return worst;
}

/** Opens a slot with what the user typed; null when it opens none. */
export async function openSlotByHand(
  slots: readonly SlotRow[],
  how: Exclude<VaultUnlock, { kind: "retry" }>,
): Promise<OpenedSlot | null> {
  for (const slot of slots) {
    if (slot.kind !== how.kind) continue;
    const key =
      how.kind === "passphrase"
        ? await keyOfPassphrase(how.passphrase, parametersOf(slot, argon2Parameters))
        : keyOfPhrase(how.phrase);
    const masterKey = key === null ? null : unwrapMasterKey(slot, key);
    if (masterKey !== null) return { slot, masterKey };
  }
  return null;
}

/** The slot's key where it can be had without the user; null for slots that need one. */
async function automaticKey(
  slot: SlotRow,
  { keystore, platform, readCredential }: AutomaticDeps,
): Promise<{ key: Uint8Array } | Obstacle | null> {
  switch (describeSlot(slot).kind) {
    case "keystore": {
      const reading = await keystore.read();
      if (reading.kind === "found") return { key: reading.secret.reveal() };
      if (reading.kind === "missing")
        return keyMissing(keystore.name, "does not hold this vault's master key any more");
      const next = "Unlock it, then press “Try again” on the Keys page.";
      return { state: "locked", message: reading.reason, next };
    }
    case "key-file": {
      const { path } = parametersOf(slot, fileParameters);
      try {
        return { key: readKeyFile(path, platform) };
      } catch (error) {
        if (!(error instanceof SmartClawError)) throw error;
        return { state: "locked", message: error.message, next: error.next };
      }
    }
    case "systemd-credential": {
      const { name } = parametersOf(slot, credentialParameters);
      const content = readCredential(name);
      const key = content === null ? null : keyOfCredential(content);
      if (key !== null) return { key };
      return {
        state: "locked",
        message: `The systemd credential “${name}” was not given to SmartClaw.`,
        next: "Start SmartClaw by its systemd unit with LoadCredentialEncrypted= set.",
      };
    }
    case "passphrase":
    case "recovery-phrase":
      return null;
  }
}

function keyOfPhrase(phrase: string): Uint8Array | null {
  const entropy = entropyOf(phrase);
  return entropy === null ? null : keyOfEntropy(entropy);
}

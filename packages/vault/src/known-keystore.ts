import { type KeystoreHealth, type RandomBytes, Secret, SmartClawError } from "@smartclaw/contracts";
import type { Keystore, KeystoreReading } from "./keystore.ts";

/** The operating system's keystore, with what it said when it was last asked. */
export interface KnownKeystore {
  readonly name: string;
  /** As last known; asks nothing, since that may bring up a password dialog. */
  health(): KeystoreHealth;
  read(): Promise<KeystoreReading>;
  /** The slot key that lies in it; made there when there is none. @throws SmartClawError KEYSTORE_UNAVAILABLE */
  slotKey(): Promise<Uint8Array>;
}

export function createKnownKeystore(keystore: Keystore, random: RandomBytes): KnownKeystore {
  const { name } = keystore;
  let health: KeystoreHealth = { name, state: "not-asked", reason: "" };

  const read = async (): Promise<KeystoreReading> => {
    const reading = await keystore.read();
    health =
      reading.kind === "found" || reading.kind === "missing"
        ? { name, state: "available", reason: "" }
        : { name, state: reading.kind, reason: reading.reason };
    return reading;
  };

  return {
    name,
    health: () => health,
    read,
    async slotKey() {
      const reading = await read();
      if (reading.kind === "found" && reading.secret.byteLength === 32) return reading.secret.reveal();
      if (reading.kind !== "found" && reading.kind !== "missing") throw cannotBeUsed(reading.reason);
      const key = random(32);
      const fault = await keystore.write(Secret.fromBytes(key));
      if (fault === null) return key;
      health = fault;
      throw cannotBeUsed(fault.reason);
    },
  };
}

function cannotBeUsed(reason: string): SmartClawError {
  return new SmartClawError(
    "KEYSTORE_UNAVAILABLE",
    reason,
    "Unlock the keystore and try again, or choose another place.",
  );
}

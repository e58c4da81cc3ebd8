import { randomBytes } from "node:crypto";
import type { Keystore } from "../keystore.ts";
import { createVault, type Vault } from "../vault.ts";

/** The real vault with the real clock, beside whichever keystore. @param credential what systemd would give */
export function openTestVault(file: string, keystore: Keystore, credential: Uint8Array | null = null): Vault {
  return createVault({
    file,
    keystore,
    clock: { now: () => Date.now() },
    random: (length) => Uint8Array.from(randomBytes(length)),
    platform: process.platform,
    log: { info() {}, warn() {}, error() {} },
    readCredential: () => credential,
  });
}

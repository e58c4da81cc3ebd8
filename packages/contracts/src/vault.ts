import { z } from "zod";
import type { Secret } from "./secret.ts";
import { timestamp } from "./base.ts";

/** Where a slot keeps what unwraps the master key. */
export const slotKinds = [
  /** Windows Credential Manager, Apple Keychain, Linux Secret Service. */
  "keystore",
  /** systemd `LoadCredential*=`: a file in `$CREDENTIALS_DIRECTORY`. */
  "systemd-credential",
  /** A file of mode 0400 that the user names. */
  "key-file",
  /** argon2id over a passphrase. */
  "passphrase",
  /** 24 words of BIP-39. */
  "recovery-phrase",
] as const;
export const slotKind = z.enum(slotKinds);
export type SlotKind = z.infer<typeof slotKind>;

export const vaultSlot = z.object({
  id: z.string(),
  kind: slotKind,
  createdAt: timestamp,
  lastUsedAt: timestamp.nullable(),
});
export type VaultSlot = z.infer<typeof vaultSlot>;

/** What the operating system's keystore said when it was last asked. */
export const keystoreHealth = z.object({
  /** For people: "Secret Service (gnome-keyring)", "Apple Keychain", "Windows Credential Manager". */
  name: z.string(),
  /** `not-asked`: nothing has needed it since the start, so nothing is known of it. */
  state: z.enum(["available", "not-asked", "locked", "unavailable", "timed-out"]),
  /** One sentence, which names the keystore; empty when there is nothing to say against it. */
  reason: z.string(),
});
export type KeystoreHealth = z.infer<typeof keystoreHealth>;

/**
 * - `uninitialised`: no vault file yet, and no keystore that could make one by itself; a choice is needed.
 * - `locked`: there is a vault, and no slot has opened it (keystore locked, passphrase not typed).
 * - `key-missing`: there is a vault, the keystore answers, and the master key is not in it. Never re-made.
 * - `damaged`: the file cannot be read or was altered.
 */
export const vaultStatus = z.object({
  state: z.enum(["ready", "uninitialised", "locked", "key-missing", "damaged"]),
  /** The slot that opened the vault, when ready. */
  openedBy: slotKind.nullable(),
  slots: z.array(vaultSlot),
  keystore: keystoreHealth,
  /** What a person must know or do; empty when ready. */
  message: z.string(),
  next: z.string(),
});
export type VaultStatus = z.infer<typeof vaultStatus>;

/** How a vault is made where no keystore answers; the user chooses, SmartClaw never does. */
export const vaultSetup = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("keystore") }),
  z.object({ kind: z.literal("systemd-credential"), name: z.string().regex(/^[\w.-]{1,64}$/) }),
  z.object({ kind: z.literal("key-file"), path: z.string().min(1) }),
  z.object({ kind: z.literal("passphrase"), passphrase: z.string().min(12).max(1024) }),
]);
export type VaultSetup = z.infer<typeof vaultSetup>;

export const vaultUnlock = z.discriminatedUnion("kind", [
  /** Ask the keystore, credential or key file again. */
  z.object({ kind: z.literal("retry") }),
  z.object({ kind: z.literal("passphrase"), passphrase: z.string().max(1024) }),
  z.object({ kind: z.literal("recovery-phrase"), phrase: z.string().max(1024) }),
]);
export type VaultUnlock = z.infer<typeof vaultUnlock>;

/** What is known of a stored secret without opening it. */
export interface SecretInfo {
  readonly id: string;
  /** Grows by one with each rotation; part of the associated data of the row. */
  readonly version: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly lastUsedAt: number | null;
}

/** What other rooms see of the vault. */
export interface SecretStore {
  /**
   * The secret, or null when there is none. Marks it as used.
   * @throws SmartClawError VAULT_LOCKED, VAULT_TAMPERED
   */
  get(id: string): Secret | null;
  /** Adds or rotates; durable when it returns. @throws SmartClawError VAULT_LOCKED, DISK_FULL */
  put(id: string, secret: Secret): SecretInfo;
  /** Removes for good (overwritten and vacuumed); false when there was none. */
  remove(id: string): boolean;
  list(): readonly SecretInfo[];
}

import { existsSync } from "node:fs";
import {
  type Clock,
  type Log,
  type RandomBytes,
  reportOf,
  type Secret,
  type SecretStore,
  SmartClawError,
  type Unsubscribe,
  type VaultSetup,
  type VaultSlot,
  type VaultStatus,
  type VaultUnlock,
} from "@smartclaw/contracts";
import type { Keystore } from "./keystore.ts";
import { createKnownKeystore } from "./known-keystore.ts";
import { makeRecoverySlot, makeSlot } from "./new-slot.ts";
import { choiceNeeded, lockedByUser } from "./obstacles.ts";
import { openSlotAutomatically, openSlotByHand } from "./open-slots.ts";
import { describeSlot } from "./slots.ts";
import type { SlotRow, VaultFile } from "./vault-file.ts";
import { createVaultState } from "./vault-state.ts";

export interface VaultDeps {
  readonly file: string;
  readonly keystore: Keystore;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly platform: string;
  readonly log: Log;
  /** The content of a systemd credential (`$CREDENTIALS_DIRECTORY/<name>`), or null. */
  readonly readCredential: (name: string) => Uint8Array | null;
}

/** Secrets at rest, and the ways to open them. */
export interface Vault extends SecretStore {
  /** As last known; asks nothing. */
  status(): VaultStatus;
  /**
   * Opens the vault without the user, or makes it when this is the first start and the keystore answers.
   * Never makes a second key for an existing vault.
   */
  open(): Promise<VaultStatus>;
  /** Makes the vault, or gives an open one a further slot. @throws SmartClawError */
  setup(choice: VaultSetup): Promise<VaultStatus>;
  /** @throws SmartClawError VAULT_WRONG_SECRET and what `open` could meet */
  unlock(how: VaultUnlock): Promise<VaultStatus>;
  /** Forgets the master key until `unlock`. */
  lock(): VaultStatus;
  addPassphrase(passphrase: Secret): Promise<VaultSlot>;
  /** Replaces an earlier phrase. */
  addRecoveryPhrase(): Promise<{ phrase: Secret; slot: VaultSlot }>;
  /** @throws SmartClawError CONFLICT for the last slot */
  removeSlot(id: string): VaultStatus;
  onChange(listener: (status: VaultStatus) => void): Unsubscribe;
  close(): void;
}

export function createVault(deps: VaultDeps): Vault {
  const { clock, random, log } = deps;
  const keystore = createKnownKeystore(deps.keystore, random);
  const state = createVaultState({
    path: deps.file,
    keystoreHealth: () => keystore.health(),
    clock,
    random,
    log,
  });
  const slotDeps = { ...deps, keystore };

  const make = async (choice: VaultSetup): Promise<VaultStatus> => {
    const masterKey = random(32);
    const row = await makeSlot(choice, masterKey, slotDeps);
    const file = state.makeFile();
    if (file.slots().length > 0)
      throw new SmartClawError("CONFLICT", "There is a vault already.", "Open it on the Keys page.");
    file.putSlot(row);
    state.openWith(masterKey, row, file);
    log.info({ slot: choice.kind }, "a vault was made");
    return state.changed();
  };

  /** Of each kind there is one: an earlier one ends when the new one begins. */
  const replaceSlot = (row: SlotRow, into: VaultFile): VaultStatus => {
    into.transaction(() => {
      for (const slot of into.slots()) if (slot.kind === row.kind) into.removeSlot(slot.id);
      into.putSlot(row);
    });
    into.scrub();
    return state.changed();
  };
  const addSlot = async (choice: VaultSetup): Promise<SlotRow> => {
    const { file, masterKey } = state.opened();
    const row = await makeSlot(choice, masterKey, slotDeps);
    replaceSlot(row, file);
    return row;
  };

  /** A file that is damaged or was altered is a state, not a fault of what was asked. */
  const unlessDamaged = async (work: () => Promise<VaultStatus>): Promise<VaultStatus> => {
    try {
      return await work();
    } catch (error) {
      if (
        !(error instanceof SmartClawError) ||
        (error.code !== "STORAGE_CORRUPT" && error.code !== "VAULT_TAMPERED")
      )
        throw error;
      state.close();
      return state.stop({ state: "damaged", message: error.message, next: error.next });
    }
  };

  const openOrMake = (): Promise<VaultStatus> =>
    unlessDamaged(async () => {
      if (state.isOpen()) return state.status();
      const file = state.file();
      if (file !== null && file.slots().length > 0) {
        const attempt = await openSlotAutomatically(file.slots(), slotDeps);
        if (!("masterKey" in attempt)) return state.stop(attempt);
        state.openWith(attempt.masterKey, attempt.slot, file);
        return state.changed();
      }
      const reading = await keystore.read();
      if (reading.kind === "found" || reading.kind === "missing") return await make({ kind: "keystore" });
      return state.stop(choiceNeeded(reading.reason));
    });
  const open = async (): Promise<VaultStatus> => {
    try {
      return await openOrMake();
    } catch (error) {
      // A full disk, a folder that cannot be read: a state with a sentence, like every other obstacle.
      log.error({ error: String(error) }, "the vault could not be opened");
      const { message, next } = reportOf(error);
      return state.stop({ state: existsSync(deps.file) ? "locked" : "uninitialised", message, next });
    }
  };

  return {
    status: () => state.status(),
    open,
    setup: (choice) =>
      unlessDamaged(async () => {
        if (state.isOpen()) {
          await addSlot(choice);
          return state.status();
        }
        const existing = state.file();
        if (existing !== null && existing.slots().length > 0)
          throw new SmartClawError(
            "VAULT_LOCKED",
            "There is a vault already, and it is locked.",
            "Open it first.",
          );
        return await make(choice);
      }),
    unlock: (how) =>
      unlessDamaged(async () => {
        if (how.kind === "retry" || state.isOpen()) return open();
        const file = state.file();
        const attempt = file === null ? null : await openSlotByHand(file.slots(), how);
        if (file !== null && attempt !== null) {
          state.openWith(attempt.masterKey, attempt.slot, file);
          return state.changed();
        }
        const what = how.kind === "passphrase" ? "passphrase" : "recovery phrase";
        throw new SmartClawError(
          "VAULT_WRONG_SECRET",
          `This ${what} does not open the vault.`,
          "Check it and try again.",
        );
      }),
    lock() {
      state.forget();
      return state.stop(lockedByUser);
    },
    async addPassphrase(passphrase) {
      return describeSlot(await addSlot({ kind: "passphrase", passphrase: passphrase.revealText() }));
    },
    async addRecoveryPhrase() {
      const { file, masterKey } = state.opened();
      const { phrase, row } = makeRecoverySlot(masterKey, deps);
      replaceSlot(row, file);
      return { phrase, slot: describeSlot(row) };
    },
    removeSlot(id) {
      const { file } = state.opened();
      const slots = file.slots();
      if (!slots.some((slot) => slot.id === id))
        throw new SmartClawError(
          "NOT_FOUND",
          "This way to open the vault is not there any more.",
          "Reload the page.",
        );
      if (slots.length === 1)
        throw new SmartClawError(
          "CONFLICT",
          "This is the last way to open the vault.",
          "Add another one first.",
        );
      file.transaction(() => file.removeSlot(id));
      file.scrub();
      return state.changed();
    },
    get: (id) => state.opened().secrets.get(id),
    put: (id, secret) => state.opened().secrets.put(id, secret),
    remove: (id) => state.opened().secrets.remove(id),
    list: () => (state.isOpen() ? state.opened().secrets.list() : []),
    onChange: (listener) => state.onChange(listener),
    close: () => state.close(),
  };
}

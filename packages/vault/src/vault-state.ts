import { existsSync } from "node:fs";
import {
  type Clock,
  type KeystoreHealth,
  type Log,
  type RandomBytes,
  reportOf,
  type SlotKind,
  SmartClawError,
  type Unsubscribe,
  type VaultSlot,
  type VaultStatus,
} from "@smartclaw/contracts";
import { notOpenedYet, type Obstacle } from "./obstacles.ts";
import { createSealedSecrets, type SealedSecrets, tampered } from "./sealed-secrets.ts";
import { describeSlot } from "./slots.ts";
import { isDiskFull, openVaultFile, type SlotRow, type VaultFile } from "./vault-file.ts";

interface Opened {
  readonly secrets: SealedSecrets;
  readonly masterKey: Uint8Array;
  readonly by: SlotKind;
}

/** The vault's file, its master key while that is known, and what is told of both. */
export interface VaultState {
  status(): VaultStatus;
  /** Tells everyone who listens. */
  changed(): VaultStatus;
  /** It is not open, for this reason; told like `changed`. */
  stop(obstacle: Obstacle): VaultStatus;
  onChange(listener: (status: VaultStatus) => void): Unsubscribe;
  isOpen(): boolean;
  /** @throws SmartClawError VAULT_LOCKED, VAULT_UNINITIALISED */
  opened(): Opened & { readonly file: VaultFile };
  /** The file, when there is one. @throws SmartClawError STORAGE_CORRUPT, VAULT_TAMPERED */
  file(): VaultFile | null;
  /** The file, made when there is none. */
  makeFile(): VaultFile;
  openWith(masterKey: Uint8Array, slot: SlotRow, from: VaultFile): void;
  /** Forgets the master key. */
  forget(): void;
  /** Forgets the master key and lets the file go. */
  close(): void;
}

export function createVaultState(deps: {
  path: string;
  keystoreHealth: () => KeystoreHealth;
  clock: Clock;
  random: RandomBytes;
  log: Log;
}): VaultState {
  const { path, clock, random } = deps;
  const listeners = new Set<(status: VaultStatus) => void>();
  let file: VaultFile | null = null;
  let opened: Opened | null = null;
  let obstacle = notOpenedYet;

  /** A file that is damaged under our hands must not take the whole status with it. */
  const slotsNow = (): VaultSlot[] => {
    try {
      return file?.slots().map(describeSlot) ?? [];
    } catch (error) {
      deps.log.error({ error: reportOf(error) }, "the ways to open the vault could not be read");
      return [];
    }
  };
  const status = (): VaultStatus => {
    const now = opened === null ? obstacle : { state: "ready" as const, message: "", next: "" };
    const openedBy = opened?.by ?? null;
    return { ...now, openedBy, slots: slotsNow(), keystore: deps.keystoreHealth() };
  };
  const changed = (): VaultStatus => {
    const now = status();
    for (const listener of listeners) listener(now);
    return now;
  };
  const forget = (): void => {
    opened?.secrets.dispose();
    opened?.masterKey.fill(0);
    opened = null;
  };
  const close = (): void => {
    forget();
    file?.close();
    file = null;
  };

  return {
    status,
    changed,
    stop(next) {
      obstacle = next;
      return changed();
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    isOpen: () => opened !== null,
    opened() {
      if (opened !== null && file !== null) return { ...opened, file };
      const code = obstacle.state === "uninitialised" ? "VAULT_UNINITIALISED" : "VAULT_LOCKED";
      throw new SmartClawError(code, obstacle.message, obstacle.next);
    },
    file() {
      // It may have been put back from a backup.
      if (obstacle.state === "damaged") close();
      if (file === null && existsSync(path)) file = openVaultFile(path, { create: false });
      // Without a way to open it, what lies there is lost; a new key beside it would hide that.
      if (
        file !== null &&
        file.slots().length === 0 &&
        (file.manifest() !== null || file.secrets().length > 0)
      )
        throw tampered();
      return file;
    },
    makeFile: () => (file ??= openVaultFile(path, { create: true })),
    openWith(masterKey, slot, from) {
      opened?.secrets.dispose();
      opened = {
        secrets: createSealedSecrets({ file: from, masterKey, clock, random }),
        masterKey,
        by: describeSlot(slot).kind,
      };
      try {
        from.touch("slot", slot.id, clock.now());
      } catch (error) {
        // The vault is open, and reading needs no space; only this time is not kept.
        if (!isDiskFull(error)) throw error;
      }
    },
    forget,
    close,
  };
}

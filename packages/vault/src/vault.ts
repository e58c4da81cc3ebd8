import { existsSync } from "node:fs";
import { entropyOf, phraseOf } from "@smartclaw/crypto";
import {
  type Clock,
  type KeystoreHealth,
  type Log,
  type RandomBytes,
  reportOf,
  Secret,
  type SecretStore,
  type SlotKind,
  SmartClawError,
  type Unsubscribe,
  type VaultSetup,
  type VaultSlot,
  type VaultStatus,
  type VaultUnlock,
} from "@smartclaw/contracts";
import { z } from "zod";
import type { Keystore } from "./keystore.ts";
import { createSealedSecrets, type SealedSecrets, tampered } from "./sealed-secrets.ts";
import {
  argon2Parameters,
  keyOfCredential,
  keyOfEntropy,
  keyOfPassphrase,
  newArgon2Parameters,
  readKeyFile,
  writeKeyFile,
} from "./slot-keys.ts";
import { describeSlot, parametersOf, unwrapMasterKey, wrapMasterKey } from "./slots.ts";
import { isDiskFull, openVaultFile, type SlotRow, type VaultFile } from "./vault-file.ts";

const fileParameters = z.object({ path: z.string() });
const credentialParameters = z.object({ name: z.string() });

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

interface Opened {
  readonly secrets: SealedSecrets;
  readonly masterKey: Uint8Array;
  readonly by: SlotKind;
}

/** What stands between the user and the vault, when it is not open. */
type Obstacle = Pick<VaultStatus, "state" | "message" | "next">;

const unasked: Obstacle = {
  state: "locked",
  message: "The vault has not been opened yet.",
  next: "Wait a moment.",
};

export function createVault(deps: VaultDeps): Vault {
  const { clock, random } = deps;
  const listeners = new Set<(status: VaultStatus) => void>();
  let file: VaultFile | null = null;
  let opened: Opened | null = null;
  let obstacle = unasked;
  let keystoreHealth: KeystoreHealth = { name: deps.keystore.name, state: "available", reason: "" };

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
    const slots = slotsNow();
    const now = opened === null ? obstacle : { state: "ready" as const, message: "", next: "" };
    return { ...now, openedBy: opened?.by ?? null, slots, keystore: keystoreHealth };
  };
  const changed = (): VaultStatus => {
    const now = status();
    for (const listener of listeners) listener(now);
    return now;
  };
  const stop = (next: Obstacle): VaultStatus => {
    obstacle = next;
    return changed();
  };
  const secrets = (): SealedSecrets => {
    if (opened !== null) return opened.secrets;
    const code = obstacle.state === "uninitialised" ? "VAULT_UNINITIALISED" : "VAULT_LOCKED";
    throw new SmartClawError(code, obstacle.message, obstacle.next);
  };
  const unlocked = (): Opened & { file: VaultFile } => {
    secrets();
    if (opened === null || file === null)
      throw new SmartClawError("VAULT_LOCKED", obstacle.message, obstacle.next);
    return { ...opened, file };
  };

  const openWith = (masterKey: Uint8Array, slot: SlotRow, from: VaultFile): void => {
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
  };

  /** Null when one of the slots opened the vault, else what stood in the way of the most telling one. */
  const tryAutomaticSlots = async (from: VaultFile): Promise<Obstacle | null> => {
    let worst: Obstacle | null = null;
    for (const slot of from.slots()) {
      const attempt = await automaticKey(slot);
      if (attempt === null) continue;
      if (!("key" in attempt)) {
        worst = attempt;
        continue;
      }
      const masterKey = unwrapMasterKey(slot, attempt.key);
      attempt.key.fill(0);
      if (masterKey !== null) {
        openWith(masterKey, slot, from);
        return null;
      }
      worst = keyMissing("holds a key that is not this vault's");
    }
    return (
      worst ?? {
        state: "locked",
        message: "The vault opens with what you know: its passphrase or its recovery phrase.",
        next: "Type it on the Keys page.",
      }
    );
  };

  const keyMissing = (what: string): Obstacle => ({
    state: "key-missing",
    message: `${deps.keystore.name} ${what}, so your keys cannot be read. No new key was made.`,
    next: "Open the vault with its passphrase or recovery phrase, or restore the keystore from its backup.",
  });

  /** The slot's key where it can be had without the user; null for slots that need one. */
  const automaticKey = async (slot: SlotRow): Promise<{ key: Uint8Array } | Obstacle | null> => {
    const retry = "Unlock it, then press “Try again” on the Keys page.";
    switch (describeSlot(slot).kind) {
      case "keystore": {
        const reading = await readKeystore();
        if (reading.kind === "found") return { key: reading.secret.reveal() };
        if (reading.kind === "missing") return keyMissing("does not hold this vault's master key any more");
        return { state: "locked", message: reading.reason, next: retry };
      }
      case "key-file": {
        const { path } = parametersOf(slot, fileParameters);
        try {
          return { key: readKeyFile(path, deps.platform) };
        } catch (error) {
          if (!(error instanceof SmartClawError)) throw error;
          return { state: "locked", message: error.message, next: error.next };
        }
      }
      case "systemd-credential": {
        const { name } = parametersOf(slot, credentialParameters);
        const content = deps.readCredential(name);
        const key = content === null ? null : keyOfCredential(content);
        if (key !== null) return { key };
        const message = `The systemd credential “${name}” was not given to SmartClaw.`;
        return {
          state: "locked",
          message,
          next: "Start SmartClaw by its systemd unit with LoadCredentialEncrypted= set.",
        };
      }
      case "passphrase":
      case "recovery-phrase":
        return null;
    }
  };

  const readKeystore = async (): ReturnType<Keystore["read"]> => {
    const reading = await deps.keystore.read();
    const good = reading.kind === "found" || reading.kind === "missing";
    keystoreHealth = good
      ? { name: deps.keystore.name, state: "available", reason: "" }
      : { name: deps.keystore.name, state: reading.kind, reason: reading.reason };
    return reading;
  };

  /** The slot key that lies in the keystore; made there when there is none. */
  const keystoreKey = async (): Promise<Uint8Array> => {
    const reading = await readKeystore();
    if (reading.kind === "found" && reading.secret.byteLength === 32) return reading.secret.reveal();
    if (reading.kind === "found" || reading.kind === "missing") {
      const key = random(32);
      const fault = await deps.keystore.write(Secret.fromBytes(key));
      if (fault === null) return key;
      keystoreHealth = fault;
      throw keystoreFault(fault.reason);
    }
    throw keystoreFault(reading.reason);
  };

  const slotFor = async (choice: VaultSetup, masterKey: Uint8Array): Promise<SlotRow> => {
    const wrap = (parameters: unknown, slotKey: Uint8Array): SlotRow =>
      wrapMasterKey({
        kind: choice.kind,
        parameters: JSON.stringify(parameters),
        slotKey,
        masterKey,
        now: clock.now(),
        random,
      });
    switch (choice.kind) {
      case "keystore":
        return wrap({}, await keystoreKey());
      case "passphrase": {
        const parameters = newArgon2Parameters(random);
        return wrap(parameters, await keyOfPassphrase(choice.passphrase, parameters));
      }
      case "key-file": {
        const key = existsSync(choice.path) ? readKeyFile(choice.path, deps.platform) : random(32);
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
  };

  const addSlot = async (choice: VaultSetup): Promise<SlotRow> => {
    const { file: into, masterKey } = unlocked();
    const row = await slotFor(choice, masterKey);
    const earlier = into.slots().filter((slot) => slot.kind === choice.kind);
    into.transaction(() => {
      for (const slot of earlier) into.removeSlot(slot.id);
      into.putSlot(row);
    });
    into.scrub();
    changed();
    return row;
  };

  const make = async (choice: VaultSetup): Promise<void> => {
    const masterKey = random(32);
    const row = await slotFor(choice, masterKey);
    file ??= openVaultFile(deps.file, { create: true });
    if (file.slots().length > 0)
      throw new SmartClawError("CONFLICT", "There is a vault already.", "Open it on the Keys page.");
    file.putSlot(row);
    openWith(masterKey, row, file);
    deps.log.info({ slot: choice.kind }, "a vault was made");
  };

  const openFile = (): VaultFile | null => {
    // It may have been put back from a backup.
    if (obstacle.state === "damaged") letGo();
    if (file === null && existsSync(deps.file)) file = openVaultFile(deps.file, { create: false });
    // Without a way to open it, what lies there is lost; a new key beside it would hide that.
    if (file !== null && file.slots().length === 0 && (file.manifest() !== null || file.secrets().length > 0))
      throw tampered();
    return file;
  };

  const guarded = async (work: () => Promise<VaultStatus>): Promise<VaultStatus> => {
    try {
      return await work();
    } catch (error) {
      if (
        !(error instanceof SmartClawError) ||
        (error.code !== "STORAGE_CORRUPT" && error.code !== "VAULT_TAMPERED")
      )
        throw error;
      letGo();
      return stop({ state: "damaged", message: error.message, next: error.next });
    }
  };
  const forget = (): void => {
    opened?.secrets.dispose();
    opened?.masterKey.fill(0);
    opened = null;
  };
  const letGo = (): void => {
    forget();
    file?.close();
    file = null;
  };

  const openAutomatically = async (): Promise<VaultStatus> => {
    try {
      return await openIfPossible();
    } catch (error) {
      // A full disk, a folder that cannot be read: a state with a sentence, like every other obstacle.
      deps.log.error({ error: String(error) }, "the vault could not be opened");
      const { message, next } = reportOf(error);
      return stop({ state: existsSync(deps.file) ? "locked" : "uninitialised", message, next });
    }
  };
  const openIfPossible = (): Promise<VaultStatus> =>
    guarded(async () => {
      if (opened !== null) return status();
      const existing = openFile();
      if (existing !== null && existing.slots().length > 0) {
        const problem = await tryAutomaticSlots(existing);
        return problem === null ? changed() : stop(problem);
      }
      const reading = await readKeystore();
      if (reading.kind === "found" || reading.kind === "missing") {
        await make({ kind: "keystore" });
        return changed();
      }
      return stop({
        state: "uninitialised",
        message: `${reading.reason} SmartClaw keeps no keys until you choose where the master key shall live.`,
        next: "Choose on the Keys page: a passphrase, a key file, or a systemd credential.",
      });
    });

  return {
    status,
    open: openAutomatically,
    setup: (choice) =>
      guarded(async () => {
        if (opened !== null) {
          await addSlot(choice);
          return status();
        }
        const existing = openFile();
        if (existing !== null && existing.slots().length > 0)
          throw new SmartClawError(
            "VAULT_LOCKED",
            "There is a vault already, and it is locked.",
            "Open it first.",
          );
        await make(choice);
        return changed();
      }),
    unlock: (how) =>
      guarded(async () => {
        if (how.kind === "retry" || opened !== null) return openAutomatically();
        const existing = openFile();
        for (const slot of existing?.slots() ?? []) {
          if (existing === null || slot.kind !== how.kind) continue;
          const key =
            how.kind === "passphrase"
              ? await keyOfPassphrase(how.passphrase, parametersOf(slot, argon2Parameters))
              : recoveryKey(how.phrase);
          const masterKey = key === null ? null : unwrapMasterKey(slot, key);
          if (masterKey === null) continue;
          openWith(masterKey, slot, existing);
          return changed();
        }
        const what = how.kind === "passphrase" ? "passphrase" : "recovery phrase";
        throw new SmartClawError(
          "VAULT_WRONG_SECRET",
          `This ${what} does not open the vault.`,
          "Check it and try again.",
        );
      }),
    lock() {
      forget();
      return stop({
        state: "locked",
        message: "You locked the vault.",
        next: "Open it again on the Keys page.",
      });
    },
    async addPassphrase(passphrase) {
      return describeSlot(await addSlot({ kind: "passphrase", passphrase: passphrase.revealText() }));
    },
    async addRecoveryPhrase() {
      const { file: into, masterKey } = unlocked();
      const entropy = random(32);
      const slotKey = keyOfEntropy(entropy);
      const row = wrapMasterKey({
        kind: "recovery-phrase",
        parameters: "{}",
        slotKey,
        masterKey,
        now: clock.now(),
        random,
      });
      into.transaction(() => {
        for (const slot of into.slots()) if (slot.kind === "recovery-phrase") into.removeSlot(slot.id);
        into.putSlot(row);
      });
      into.scrub();
      const phrase = Secret.fromText(phraseOf(entropy));
      entropy.fill(0);
      changed();
      return { phrase, slot: describeSlot(row) };
    },
    removeSlot(id) {
      const { file: from } = unlocked();
      const slots = from.slots();
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
      from.transaction(() => from.removeSlot(id));
      from.scrub();
      return changed();
    },
    get: (id) => secrets().get(id),
    put: (id, secret) => secrets().put(id, secret),
    remove: (id) => secrets().remove(id),
    list: () => opened?.secrets.list() ?? [],
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close: letGo,
  };
}

function recoveryKey(phrase: string): Uint8Array | null {
  const entropy = entropyOf(phrase);
  return entropy === null ? null : keyOfEntropy(entropy);
}

function keystoreFault(reason: string): SmartClawError {
  return new SmartClawError(
    "KEYSTORE_UNAVAILABLE",
    reason,
    "Unlock the keystore and try again, or choose another place.",
  );
}

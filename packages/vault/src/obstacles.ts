import type { VaultStatus } from "@smartclaw/contracts";

/** What stands between the user and the vault, when it is not open. */
export type Obstacle = Pick<VaultStatus, "state" | "message" | "next">;

export const notOpenedYet: Obstacle = {
  state: "locked",
  message: "The vault has not been opened yet.",
  next: "Wait a moment.",
};

export const lockedByUser: Obstacle = {
  state: "locked",
  message: "You locked the vault.",
  next: "Open it again on the Keys page.",
};

/** None of its slots can be opened without the user. */
export const wantsUser: Obstacle = {
  state: "locked",
  message: "The vault opens with what you know: its passphrase or its recovery phrase.",
  next: "Type it on the Keys page.",
};

/** @param what the keystore's part of the sentence: "does not hold …" */
export function keyMissing(keystore: string, what: string): Obstacle {
  return {
    state: "key-missing",
    message: `${keystore} ${what}, so your keys cannot be read. No new key was made.`,
    next: "Open the vault with its passphrase or recovery phrase, or restore the keystore from its backup.",
  };
}

/** @param reason a sentence on why the keystore cannot hold the master key */
export function choiceNeeded(reason: string): Obstacle {
  return {
    state: "uninitialised",
    message: `${reason} SmartClaw keeps no keys until you choose where the master key shall live.`,
    next: "Choose on the Keys page: a passphrase, a key file, or a systemd credential.",
  };
}

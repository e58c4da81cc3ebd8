import type { KeystoreHealth, SlotKind } from "./vault.ts";

/** What a way to open the vault is called within a sentence. */
export const slotNames: Readonly<Record<SlotKind, string>> = {
  keystore: "the operating system's keystore",
  "systemd-credential": "a systemd credential",
  "key-file": "a key file",
  passphrase: "your passphrase",
  "recovery-phrase": "your recovery phrase",
};

/** How the keystore's state is said, wherever it is. */
export function keystoreSentence({ name, state, reason }: KeystoreHealth): string {
  if (state === "available") return `${name} is available.`;
  return state === "not-asked" ? `${name} was not asked, because nothing has needed it yet.` : reason;
}

import { type ErrorReport, keystoreSentence, slotNames, type VaultStatus } from "@smartclaw/contracts";
import { table } from "./output.ts";

const codes = {
  uninitialised: "VAULT_UNINITIALISED",
  locked: "VAULT_LOCKED",
  "key-missing": "VAULT_KEY_MISSING",
  damaged: "STORAGE_CORRUPT",
} as const;

const choose =
  "Choose one with `smartclaw keys setup`: a passphrase, a key file, a systemd credential, or the keystore.";
const unlock = "Open it with `smartclaw keys unlock`.";

/** The next step for a reader who may have no browser: where the daemon names its Keys page, the command of that name. */
export function nextInTerminal({ code, next }: Pick<ErrorReport, "code" | "next">): string {
  if (!next.includes("Keys page")) return next;
  if (code === "VAULT_UNINITIALISED") return choose;
  return code === "VAULT_LOCKED" || code === "VAULT_KEY_MISSING" ? unlock : next;
}

/** Why a vault that is not open cannot be used, and what to do; null when it is open. */
export function vaultFault({ state, message, next }: VaultStatus): ErrorReport | null {
  if (state === "ready") return null;
  const code = codes[state];
  return { code, message, next: nextInTerminal({ code, next }) };
}

/** The vault with its next step for the terminal: what `--json` says of it. */
export function vaultAnswer(vault: VaultStatus): VaultStatus {
  return { ...vault, next: vaultFault(vault)?.next ?? "" };
}

const time = (at: number | null): string =>
  at === null ? "never" : `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;

/** Whether the vault is open and what opened it, or why not; then the keystore's state, unless that was the reason. */
export function describeOpening(vault: VaultStatus): string[] {
  const fault = vaultFault(vault);
  const by = vault.openedBy === null ? "" : ` Its master key came from ${slotNames[vault.openedBy]}.`;
  const keystore = keystoreSentence(vault.keystore);
  if (fault === null) return [`The vault is open.${by}`, keystore];
  return [`${fault.message} ${fault.next}`, ...(fault.message.includes(keystore) ? [] : [keystore])];
}

/** Which backend holds what opens the master key, and the other ways in. */
export function describeVault(vault: VaultStatus): string {
  const { slots, openedBy } = vault;
  const [opening, ...keystore] = describeOpening(vault);
  const rows = slots.map(({ kind, createdAt, lastUsedAt }) => [
    `${kind === openedBy ? "*" : " "} ${kind}`,
    `since ${time(createdAt)}`,
    `last used ${time(lastUsedAt)}`,
  ]);
  return [
    opening,
    ...(rows.length === 0 ? [] : ["", "Ways to open it (* opened it now):", table(rows)]),
    ...keystore.flatMap((sentence) => ["", sentence]),
  ].join("\n");
}

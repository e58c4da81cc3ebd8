import { slotNames } from "@smartclaw/contracts";
import type { Command } from "../context.ts";
import { describeVault, vaultAnswer, vaultFault } from "../describe-vault.ts";
import { exit, table } from "../output.ts";

/** Which backend holds the master key, whether the vault is open, and its slots. */
export const where: Command = async ({ client, output }) => {
  const vault = await (await client()).vault.status();
  output.answer(vaultAnswer(vault), describeVault(vault));
  return vault.state === "ready" ? exit.ok : exit.unhealthy;
};

/** Forgets the master key. Locking twice is no fault. */
export const lock: Command = async ({ client, output }) => {
  const api = await client();
  const before = await api.vault.status();
  const fault = vaultFault(before);
  if (fault !== null && before.state !== "locked") {
    output.fail(fault);
    return exit.failed;
  }
  if (fault !== null) {
    output.answer(vaultAnswer(before), "The vault was locked already.");
    return exit.ok;
  }
  const vault = await api.vault.lock();
  output.answer(
    vaultAnswer(vault),
    "The vault is locked, and no key can be used. Open it with `smartclaw keys unlock`.",
  );
  return exit.ok;
};

const wordsInARow = 4;

/** Makes a recovery phrase and prints it, once. */
export const recoveryPhrase: Command<{ replace?: boolean }> = async ({ client, output }, { replace }) => {
  const api = await client();
  const vault = await api.vault.status();
  const fault = vaultFault(vault);
  if (fault !== null) {
    output.fail(fault);
    return exit.failed;
  }
  if (replace !== true && vault.slots.some(({ kind }) => kind === "recovery-phrase")) {
    output.fail({
      code: "CONFLICT",
      message:
        "There is a recovery phrase already; a new one would end it, and the words on paper would be worth nothing.",
      next: "If that is what you want, run `smartclaw keys recovery-phrase --replace`.",
    });
    return exit.failed;
  }
  const made = await api.vault.addRecoveryPhrase();
  const words = made.phrase.split(" ").map((word, index) => `${String(index + 1).padStart(2)}. ${word}`);
  const rows = Array.from({ length: words.length / wordsInARow }, (_, row) =>
    words.slice(row * wordsInARow, (row + 1) * wordsInARow),
  );
  output.note(
    "Write these words down on paper now, in this order. They are shown only this once and kept nowhere.\n" +
      `With them the vault opens when ${slotNames[vault.openedBy ?? "keystore"]} is lost, for you and for whoever else reads them.\n` +
      "Then clear this terminal.\n",
  );
  output.answer(made, table(rows));
  return exit.ok;
};

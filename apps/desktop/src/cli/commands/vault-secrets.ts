import { resolve } from "node:path";
import {
  type ErrorReport,
  type SlotKind,
  slotNames,
  type VaultSetup,
  vaultSetup,
  type VaultStatus,
  type VaultUnlock,
  vaultUnlock,
} from "@smartclaw/contracts";
import type { Command } from "../context.ts";
import { vaultAnswer, vaultFault } from "../describe-vault.ts";
import { exit } from "../output.ts";
import { readSecret } from "../read-secret.ts";

const usage = (message: string, next: string): ErrorReport => ({ code: "BAD_REQUEST", message, next });

type Place = VaultSetup["kind"];
const places: Readonly<Record<Place, { readonly takes: string | null; readonly wrong: ErrorReport }>> = {
  passphrase: {
    takes: null,
    wrong: usage(
      "A passphrase has at least 12 characters and at most 1024.",
      "Run it again with a longer one; five or six random words are good.",
    ),
  },
  "key-file": {
    takes: "PATH",
    wrong: usage(
      "This is no path of a file.",
      "Name one, like `smartclaw keys setup key-file ~/smartclaw.key`.",
    ),
  },
  "systemd-credential": {
    takes: "NAME",
    wrong: usage(
      "The name of a credential has letters, digits, dots, dashes and underscores, at most 64.",
      "Use the name that stands in the unit, after LoadCredentialEncrypted=.",
    ),
  },
  keystore: {
    takes: null,
    wrong: usage("The keystore takes nothing more.", "Run `smartclaw keys setup keystore`."),
  },
};

/** Said without what was typed: it may be shown to others, or kept in a log. */
const onCommandLine = usage(
  "A passphrase or phrase is never taken from the command line: other programs and the shell's history can read it.",
  "If it was the real one, choose another. Run the command without it, and type it when you are asked.",
);

export interface SetupOptions {
  readonly place?: string | undefined;
  readonly value?: string | undefined;
  /** Whether more followed. */
  readonly excess: boolean;
}

/** What was asked for, without its secret; or what is wrong with it. */
function placeOf({ place, value, excess }: SetupOptions): Place | ErrorReport {
  const all = Object.keys(places).join(", ");
  if (place === undefined)
    return usage(
      "A place for the master key must be named.",
      `Use one of: ${all}. \`smartclaw keys setup --help\` says more.`,
    );
  if (!Object.hasOwn(places, place))
    return usage("There is no such place for the master key.", `Use one of: ${all}.`);
  const known = place as Place;
  const { takes, wrong } = places[known];
  if (takes !== null && value === undefined)
    return usage(`A ${takes} must follow “${place}”.`, `Run \`smartclaw keys setup ${place} ${takes}\`.`);
  if (known === "passphrase" && value !== undefined) return onCommandLine;
  if (takes === null && value !== undefined) return wrong;
  return excess
    ? usage(`One ${takes} follows “${place}”, not more.`, "If it has blanks, put it in quotes.")
    : known;
}

async function choiceOf(place: Place, value: string): Promise<unknown> {
  switch (place) {
    case "keystore":
      return { kind: place };
    case "systemd-credential":
      return { kind: place, name: value };
    case "key-file":
      // The daemon has another working directory.
      return { kind: place, path: value === "" ? "" : resolve(value) };
    case "passphrase": {
      const secret = await readSecret({
        first: "Passphrase, at least 12 characters (not shown): ",
        again: "The same again: ",
      });
      return { kind: place, passphrase: secret.revealText() };
    }
  }
}

/** Makes the vault with the place that was chosen, or gives an open one a further way in. */
export const setup: Command<SetupOptions> = async ({ client, output }, options) => {
  const place = placeOf(options);
  if (typeof place !== "string") {
    output.fail(place);
    return exit.usage;
  }
  const api = await client();
  const before = await api.vault.status();
  // Before a passphrase is asked for in vain. Whether there is a vault, the daemon decides.
  const closed = before.state === "uninitialised" ? null : vaultFault(before);
  if (closed !== null && (before.state === "damaged" || before.slots.length > 0)) {
    const next = "Open it with `smartclaw keys unlock`, then run this again.";
    output.fail(before.state === "damaged" ? closed : { ...closed, next });
    return exit.failed;
  }
  const choice = vaultSetup.safeParse(await choiceOf(place, options.value ?? ""));
  if (!choice.success) {
    output.fail(places[place].wrong);
    return exit.usage;
  }
  const after = await api.vault.setup(choice.data);
  const fault = vaultFault(after);
  if (fault !== null) {
    output.fail(fault);
    return exit.failed;
  }
  output.answer(vaultAnswer(after), describeSetup(choice.data, before, after));
  return exit.ok;
};

function describeSetup(choice: VaultSetup, before: VaultStatus, after: VaultStatus): string {
  const lines = [
    before.state === "ready"
      ? `The vault opens with ${slotNames[choice.kind]} now.`
      : `The vault is made and open. What opens it is ${slotNames[choice.kind]}.`,
  ];
  if (has(before, choice.kind)) lines.push("The one from before does not open it any more.");
  if (choice.kind === "key-file")
    lines.push(`The key lies in ${choice.path}: keep a copy elsewhere, and let nobody else read it.`);
  if (choice.kind === "passphrase") lines.push("It is asked for after each start: `smartclaw keys unlock`.");
  if (!has(after, "recovery-phrase"))
    lines.push("Make a recovery phrase next, in case this is lost: `smartclaw keys recovery-phrase`.");
  return lines.join("\n");
}

export interface UnlockOptions {
  readonly recoveryPhrase?: boolean;
  readonly retry?: boolean;
  /** Whether something followed that should have been typed when asked. */
  readonly excess: boolean;
}

/** Opens the vault with what is typed, or by asking again where the key can be had without the user. */
export const unlock: Command<UnlockOptions> = async ({ client, output }, options) => {
  if (options.excess) {
    output.fail(onCommandLine);
    return exit.usage;
  }
  if (options.recoveryPhrase === true && options.retry === true) {
    output.fail(usage("--recovery-phrase and --retry are two different ways.", "Use one of them."));
    return exit.usage;
  }
  const api = await client();
  const before = await api.vault.status();
  if (before.state === "ready") {
    output.answer(vaultAnswer(before), "The vault was open already.");
    return exit.ok;
  }
  const kind =
    options.retry === true ? "retry" : options.recoveryPhrase === true ? "recovery-phrase" : wayIn(before);
  const inVain = kind === "retry" && options.retry !== true && before.state === "uninitialised";
  const hopeless = inVain ? vaultFault(before) : lacks(before, kind);
  if (hopeless !== null) {
    output.fail(hopeless);
    return exit.failed;
  }
  const how = await answerFor(kind);
  if (how === null) {
    const what = kind === "passphrase" ? "passphrase" : "recovery phrase";
    output.fail(
      usage(
        `No ${what} was given, or far more than one.`,
        "Run it again and type it, or pass it as the first line of stdin.",
      ),
    );
    return exit.usage;
  }
  const after = await api.vault.unlock(how);
  const fault = vaultFault(after);
  if (fault !== null) {
    output.fail(kind === "retry" ? { ...fault, next: nextAfterRetry(after, fault) } : fault);
    return exit.failed;
  }
  const by = after.openedBy === null ? "" : ` What opened it is ${slotNames[after.openedBy]}.`;
  output.answer(vaultAnswer(after), `The vault is open.${by}`);
  return exit.ok;
};

const has = ({ slots }: VaultStatus, kind: SlotKind): boolean => slots.some((slot) => slot.kind === kind);

/** What this vault wants, when the user did not say. */
function wayIn(vault: VaultStatus): VaultUnlock["kind"] {
  if (has(vault, "passphrase")) return "passphrase";
  const othersFailed = vault.state === "key-missing" || vault.slots.length === 1;
  return othersFailed && has(vault, "recovery-phrase") ? "recovery-phrase" : "retry";
}

/** Why nothing that is typed could open it. A file that could not be read yet is the daemon's to judge. */
function lacks(vault: VaultStatus, kind: VaultUnlock["kind"]): ErrorReport | null {
  if (kind !== "recovery-phrase" || vault.slots.length === 0 || has(vault, kind)) return null;
  const message = "No recovery phrase was ever made for this vault.";
  return { code: "NOT_FOUND", message, next: "Open it with `smartclaw keys unlock`." };
}

/** Null when no such secret can be. */
async function answerFor(kind: VaultUnlock["kind"]): Promise<VaultUnlock | null> {
  if (kind === "retry") return { kind };
  const first =
    kind === "passphrase"
      ? "Passphrase (not shown): "
      : "Recovery phrase, 24 words in one line (not shown): ";
  const secret = await readSecret({ first });
  const given = secret.revealText();
  const how = vaultUnlock.safeParse(
    kind === "passphrase" ? { kind, passphrase: given } : { kind, phrase: given },
  );
  return secret.byteLength > 0 && how.success ? how.data : null;
}

function nextAfterRetry(vault: VaultStatus, { next }: ErrorReport): string {
  if (has(vault, "passphrase")) return "Run `smartclaw keys unlock`, which asks for its passphrase.";
  const first = vault.next.includes("Keys page")
    ? "Put that right and run `smartclaw keys unlock` again."
    : next;
  return has(vault, "recovery-phrase")
    ? `${first} Or use the recovery phrase: \`smartclaw keys unlock --recovery-phrase\`.`
    : first;
}

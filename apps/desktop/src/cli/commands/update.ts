import type { UpdateSettings, UpdateStatus } from "@smartclaw/contracts";
import type { Command, Context } from "../context.ts";
import { exit, type Output } from "../output.ts";
import { describeFound, describeHistory, describeUpdates } from "./update-describe.ts";
import { withVersion } from "./update-version.ts";

const mostRecords = 500;

/** What runs, what was found, and what becomes of it. */
export const status: Command = async ({ client, output }) => {
  const api = await client();
  const [{ updates }, records] = await Promise.all([
    api.system.status(),
    api.updates.history({ limit: mostRecords }),
  ]);
  output.answer(updates, describeUpdates(updates, records, Date.now()));
  return lookFailed(updates) ? exit.unhealthy : exit.ok;
};

/** Looks for a newer version now. */
export const check: Command = async ({ client, output }) => {
  const updates = await (await client()).updates.check();
  output.answer(updates, describeFound(updates, Date.now()));
  return lookFailed(updates) ? exit.failed : exit.ok;
};

/** How the last updates ended, the newest first. */
export const history: Command<{ limit: string }> = async ({ client, output }, options) => {
  const limit = Number(options.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > mostRecords)
    return wrongUse(output, `“${options.limit}” is no number of records.`, `Use 1 to ${mostRecords}.`);
  const records = await (await client()).updates.history({ limit });
  output.answer(records, describeHistory(records));
  return exit.ok;
};

/** Stays on the version that runs, or no longer. */
export const hold: Command<{ off?: boolean }> = (context, { off }) =>
  off === true
    ? change(context, { held: false }, "OpenClaw is no longer held at its version.")
    : change(
        context,
        { held: true },
        "OpenClaw stays at the version that runs, until `smartclaw update hold --off`.",
      );

/** Lets only one version be installed: the named one, else the one that runs. */
export const pin: Command<{ version?: string; off?: boolean }> = async (context, { version, off }) => {
  const { client, output } = context;
  if (off === true) {
    if (version !== undefined)
      return wrongUse(output, "A version and --off do not go together.", "Leave one of them out.");
    return change(context, { pinned: null }, "Every version may be installed again.");
  }
  const to = (one: string): Promise<number> =>
    change(context, { pinned: one }, `Only ${one} may be installed, until \`smartclaw update pin --off\`.`);
  if (version !== undefined) return withVersion(version, to);
  const { live } = (await (await client()).system.status()).updates;
  if (live !== null) return to(live);
  output.fail({
    code: "NOT_FOUND",
    message: "No version of OpenClaw is installed yet, so there is none to pin to.",
    next: "Name one: `smartclaw update pin 2026.9.7`.",
  });
  return exit.failed;
};

/** Passes a version over, or no longer. */
export const skip: Command<{ version: string; off?: boolean }> = (context, { version, off }) =>
  withVersion(version, async (one) => {
    const { skipped } = (await (await context.client()).system.status()).updates.settings;
    const others = skipped.filter((other) => other !== one);
    return off === true
      ? change(context, { skipped: others }, `${one} is no longer passed over.`)
      : change(context, { skipped: [...others, one] }, `${one} is passed over.`);
  });

/** Looks and installs by itself, or not. */
export const auto: Command<{ mode: string }> = async (context, { mode }) => {
  if (mode !== "on" && mode !== "off")
    return wrongUse(
      context.output,
      `“${mode}” is neither on nor off.`,
      "Use `smartclaw update auto on` or `off`.",
    );
  const text =
    mode === "on"
      ? "SmartClaw looks for newer versions and installs them by itself."
      : "SmartClaw looks and installs only when you say so.";
  return change(context, { automatic: mode === "on" }, text);
};

async function change(
  { client, output }: Context,
  settings: Partial<UpdateSettings>,
  text: string,
): Promise<number> {
  output.answer(await (await client()).updates.change(settings), text);
  return exit.ok;
}

function lookFailed({ lastCheck }: UpdateStatus): boolean {
  return lastCheck !== null && lastCheck.error !== null;
}

function wrongUse(output: Output, message: string, next: string): number {
  output.fail({ code: "BAD_REQUEST", message, next });
  return exit.usage;
}

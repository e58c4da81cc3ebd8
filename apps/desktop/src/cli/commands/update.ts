import { componentNames, type UpdateSettings, type UpdateStatus } from "@smartclaw/contracts";
import type { Command, Context } from "../context.ts";
import { exit, type Output } from "../output.ts";
import { describeFound, describeHistory, describeUpdates } from "./update-describe.ts";
import { componentOf, type Of, statusOf } from "./update-of.ts";
import { withVersion } from "./update-version.ts";

const mostRecords = 500;

/** What runs, what was found, and what becomes of it. */
export const status: Command<Of> = async ({ client, output }, of) => {
  const api = await client();
  const component = componentOf(of);
  const [updates, records] = await Promise.all([
    statusOf(api, component),
    api.updates.history({ component, limit: mostRecords }),
  ]);
  output.answer(updates, describeUpdates(updates, records, Date.now()));
  return lookFailed(updates) ? exit.unhealthy : exit.ok;
};

/** Looks for a newer version now. */
export const check: Command<Of> = async ({ client, output }, of) => {
  const updates = await (await client()).updates.check({ component: componentOf(of) });
  output.answer(updates, describeFound(updates, Date.now()));
  return lookFailed(updates) ? exit.failed : exit.ok;
};

/** How the last updates ended, the newest first. */
export const history: Command<Of & { limit: string }> = async ({ client, output }, options) => {
  const limit = Number(options.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > mostRecords)
    return wrongUse(output, `“${options.limit}” is no number of records.`, `Use 1 to ${mostRecords}.`);
  const records = await (await client()).updates.history({ component: componentOf(options), limit });
  output.answer(records, describeHistory(records));
  return exit.ok;
};

/** Stays on the version that runs, or no longer. */
export const hold: Command<Of & { off?: boolean }> = (context, options) => {
  const name = componentNames[componentOf(options)];
  return options.off === true
    ? change(context, options, { held: false }, `${name} is no longer held at its version.`)
    : change(
        context,
        options,
        { held: true },
        `${name} stays at the version that runs, until \`smartclaw update hold --off\`.`,
      );
};

/** Lets only one version be installed: the named one, else the one that runs. */
export const pin: Command<Of & { version?: string; off?: boolean }> = async (context, options) => {
  const { version, off } = options;
  const { client, output } = context;
  if (off === true) {
    if (version !== undefined)
      return wrongUse(output, "A version and --off do not go together.", "Leave one of them out.");
    return change(context, options, { pinned: null }, "Every version may be installed again.");
  }
  const to = (one: string): Promise<number> =>
    change(
      context,
      options,
      { pinned: one },
      `Only ${one} may be installed, until \`smartclaw update pin --off\`.`,
    );
  if (version !== undefined) return withVersion(version, to);
  const { component, live } = await statusOf(await client(), componentOf(options));
  if (live !== null) return to(live);
  output.fail({
    code: "NOT_FOUND",
    message: `No version of ${componentNames[component]} is installed yet, so there is none to pin to.`,
    next: "Name one: `smartclaw update pin 2026.9.7`.",
  });
  return exit.failed;
};

/** Passes a version over, or no longer. */
export const skip: Command<Of & { version: string; off?: boolean }> = (context, options) =>
  withVersion(options.version, async (one) => {
    const { skipped } = (await statusOf(await context.client(), componentOf(options))).settings;
    const others = skipped.filter((other) => other !== one);
    return options.off === true
      ? change(context, options, { skipped: others }, `${one} is no longer passed over.`)
      : change(context, options, { skipped: [...others, one] }, `${one} is passed over.`);
  });

/** Looks and installs by itself, or not. */
export const auto: Command<Of & { mode: string }> = async (context, options) => {
  const { mode } = options;
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
  return change(context, options, { automatic: mode === "on" }, text);
};

async function change(
  { client, output }: Context,
  of: Of,
  settings: Partial<UpdateSettings>,
  text: string,
): Promise<number> {
  output.answer(await (await client()).updates.change({ component: componentOf(of), ...settings }), text);
  return exit.ok;
}

function lookFailed({ lastCheck }: UpdateStatus): boolean {
  return lastCheck !== null && lastCheck.error !== null;
}

function wrongUse(output: Output, message: string, next: string): number {
  output.fail({ code: "BAD_REQUEST", message, next });
  return exit.usage;
}

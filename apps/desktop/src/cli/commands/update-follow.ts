import {
  recordSentence,
  stepSentence,
  type UpdateComponent,
  type UpdateRecord,
  type UpdateStatus,
} from "@smartclaw/contracts";
import type { Client } from "../client.ts";
import type { Command, Context } from "../context.ts";
import { describeInstall } from "../describe.ts";
import { exit, type Output } from "../output.ts";
import { componentOf, type Of, statusOf } from "./update-of.ts";
import { withVersion } from "./update-version.ts";

type Running = NonNullable<UpdateStatus["running"]>;

/** Updates now, to the newest version or the named one, and stays until that runs or has failed. */
export const apply: Command<Of & { version?: string }> = (context, options) => {
  const { version } = options;
  const component = componentOf(options);
  return follow(context, component, "update", (api) =>
    version === undefined
      ? api.updates.apply({ component })
      : withVersion(version, (one) => api.updates.apply({ component, version: one })),
  );
};

/** Goes back to the version before, and stays until that runs or has failed. */
export const rollback: Command<Of> = (context, options) => {
  const component = componentOf(options);
  return follow(context, component, "go-back", (api) => api.updates.goBack({ component }));
};

async function follow(
  { client, output }: Context,
  component: UpdateComponent,
  kind: UpdateRecord["kind"],
  begin: (api: Client) => Promise<UpdateStatus>,
): Promise<number> {
  const api = await client();
  // What is begun has no name of its own: its record is the first that is not this one.
  const before = (await statusOf(api, component)).last?.id;
  await begin(api);
  const end = await untilEnd(api, component, kind, before, showSteps(output));
  if (end === null) {
    output.fail({
      code: "UPDATE_INTERRUPTED",
      message: "SmartClaw did not say how this ended; it was stopped, or could not write it down.",
      next: "Look at `smartclaw update status`; what was begun is brought to its end at the next start.",
    });
    return exit.failed;
  }
  if ("step" in end) {
    output.answer(end, `${stepSentence(end)} ${watchedSentence(end)}`);
    return exit.ok;
  }
  if (output.json || end.error === null) output.answer(end, recordSentence(end));
  else output.fail({ ...end.error, message: `${recordSentence(end)} ${end.error.message}` });
  // Going back from a release on trial is the end of its update.
  return end.outcome === (end.kind === kind ? "committed" : "rolled-back") ? exit.ok : exit.failed;
}

/** That the command is at its end before the update is. */
function watchedSentence({ from }: Running): string {
  return `If it does not stay up, ${from} comes back by itself; see \`smartclaw update history\`.`;
}

/**
 * Follows what was begun until it has ended, or the new release runs and is only watched. The stream is left by
 * `return`, which closes it; one that is aborted would go on waiting.
 */
async function untilEnd(
  api: Client,
  component: UpdateComponent,
  kind: UpdateRecord["kind"],
  before: string | undefined,
  show: (running: Running) => void,
): Promise<UpdateRecord | Running | null> {
  for await (const status of await api.system.watch()) {
    const updates = component === "openclaw" ? status.updates : status.selfUpdates;
    if (updates === null) return null;
    const { running, last } = updates;
    if (running === null) return last === null || last.id === before ? null : last;
    if (running.step === "probation" && running.kind === kind) return running;
    show(running);
  }
  return null;
}

/** Says each step once, with --json only where somebody can read it; and how much is fetched. */
function showSteps(output: Output): (running: Running) => void {
  let step = "";
  let fetched = "";
  return (running) => {
    const { install } = running;
    if (running.step !== step && (output.terminal || !output.json)) output.note(stepSentence(running));
    step = running.step;
    if (step !== "staging" || install?.state !== "installing") return;
    const line = describeInstall(install);
    // Without a terminal every line stays, so only stages are said there.
    const key = output.terminal ? line : install.stage;
    if (key !== fetched) output.progress(line);
    fetched = key;
  };
}

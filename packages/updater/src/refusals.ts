import {
  componentNames,
  type ErrorReport,
  SmartClawError,
  type UpdateComponent,
  type UpdateSettings,
} from "@smartclaw/contracts";
import { compareReleases } from "./find/release-order.ts";
import type { Live, Transaction } from "./transaction/transaction.ts";

/** @throws SmartClawError UPDATE_RUNNING when an update is under way */
export function refuseWhile(current: Transaction | null): void {
  if (current === null) return;
  throw new SmartClawError(
    "UPDATE_RUNNING",
    `An update from ${current.from.version} to ${current.to.version} is under way.`,
    "Wait until it has ended.",
  );
}

/** @throws SmartClawError INSTALL_FAILED when nothing is live */
export function requireLive(component: UpdateComponent, live: Live | null): Live {
  if (live !== null) return live;
  throw new SmartClawError(
    "INSTALL_FAILED",
    `${componentNames[component]} is not installed yet.`,
    "Install it from the Status page.",
  );
}

/** @throws SmartClawError UPDATE_REFUSED for what not even the user's word makes an update */
export function refuseUpdate(
  component: UpdateComponent,
  version: string,
  from: string,
  { held, pinned }: UpdateSettings,
): void {
  const name = componentNames[component];
  const refusal = (message: string, next: string): SmartClawError =>
    new SmartClawError("UPDATE_REFUSED", message, next);
  if (version === from) throw refusal(`${name} ${version} runs already.`, "Nothing is to be done.");
  if (held) throw refusal(`You hold ${name} at ${from}.`, "Let it go first.");
  if (pinned !== null && pinned !== version)
    throw refusal(`You pinned ${name} to ${pinned}.`, "Take the pin back first.");
  if (compareReleases(version, from) < 0)
    throw refusal(
      `${name} ${version} is older than ${from}, and could not read what that has written.`,
      "Go back instead, which keeps the state of each version.",
    );
}

export function objected({ component, to }: Transaction): ErrorReport {
  return {
    code: "UPDATE_REFUSED",
    message: `You went back from ${componentNames[component]} ${to.version} while it was on trial.`,
    next: "Nothing is to be done; a newer version is looked for as before.",
  };
}

export function noEarlier(): SmartClawError {
  return new SmartClawError(
    "NOT_FOUND",
    "There is no earlier release to go back to.",
    "Nothing is to be done.",
  );
}

/** Whether the user no longer wants an update of which nothing is switched yet. */
export function isCalledOff({ kind, step, to }: Transaction, settings: UpdateSettings): boolean {
  const { held, pinned, skipped } = settings;
  if (kind !== "update" || !["staging", "rehearsing", "waiting"].includes(step)) return false;
  return held || skipped.includes(to.version) || (pinned !== null && pinned !== to.version);
}

export function calledOff({ component, to }: Transaction): ErrorReport {
  return {
    code: "CANCELLED",
    message: `You called the update to ${componentNames[component]} ${to.version} off.`,
    next: "Nothing is to be done.",
  };
}

/** @param range the versions of Node that the release runs on */
export function noRuntime(version: string, range: string, bundled: string): SmartClawError {
  return new SmartClawError(
    "UPDATE_REFUSED",
    `OpenClaw ${version} needs Node ${range}; SmartClaw brings ${bundled}, and found no other that would do.`,
    "Wait for a newer SmartClaw.",
  );
}

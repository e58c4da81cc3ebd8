import type {
  UpdateComponent,
  UpdateObstacle,
  UpdateRecord,
  UpdateSettings,
  UpdateStatus,
  UpdateStep,
  UpdateVerdict,
} from "./update.ts";

/** What people call it. */
export const componentNames: Readonly<Record<UpdateComponent, string>> = {
  openclaw: "OpenClaw",
  smartclaw: "SmartClaw",
};

const minuteMs = 60_000;
/** The largest first. */
const units = [
  [24 * 60 * minuteMs, "day"],
  [60 * minuteMs, "hour"],
  [minuteMs, "minute"],
] as const;

/** `12 minutes`; null for less than one. Days begin with the second, as one day says little of its hours. */
function span(ms: number): string | null {
  const unit = units.find(([length, name]) => ms >= length * (name === "day" ? 2 : 1));
  if (unit === undefined) return null;
  const count = Math.floor(ms / unit[0]);
  return `${count} ${unit[1]}${count === 1 ? "" : "s"}`;
}

/** `12 minutes ago`. What is to come, as another clock may say, was just now. */
export function ago(at: number, now: number): string {
  const length = span(now - at);
  return length === null ? "just now" : `${length} ago`;
}

/** `in 5 hours`. */
function soon(at: number, now: number): string {
  const length = span(at - now);
  return length === null ? "in a moment" : `in ${length}`;
}

/** How the last look for a newer version went. Only one that worked says that there is none. */
export function lookSentence({ lastCheck, found }: UpdateStatus, now: number): string {
  if (lastCheck === null) return "SmartClaw has not looked for a newer version yet.";
  const when = ago(lastCheck.at, now);
  if (lastCheck.error !== null) return `The last look failed, ${when}.`;
  if (found === null) return `Looked ${when}.`;
  return found.verdict === "current"
    ? `Nothing newer, looked ${when}.`
    : `Found ${found.version}, looked ${when}.`;
}

/** When it is looked next. */
export function nextLookSentence({ nextCheckAt }: UpdateStatus, now: number): string {
  return nextCheckAt === null
    ? "SmartClaw does not look by itself."
    : `SmartClaw looks ${soon(nextCheckAt, now)}.`;
}

const obstacles: Readonly<Record<UpdateObstacle, string>> = {
  metered:
    "It waits, as this connection is metered. On another one it is installed by itself; you can also update now.",
  battery:
    "It waits, as the battery has less than 30 % left. On mains it is installed by itself; you can also update now.",
};

/** What becomes of a newer version. @param when says a moment of time as the reader is used to it. */
export function foundSentence(
  verdict: Exclude<UpdateVerdict, { verdict: "current" }>,
  { automatic }: UpdateSettings,
  when: (at: number) => string,
): string {
  const byHand = "Automatic updates are off, so it is installed when you say so.";
  switch (verdict.verdict) {
    case "install":
      return automatic ? "It is installed by itself, as soon as OpenClaw has nothing to do." : byHand;
    case "wait":
      return `It waits until ${when(verdict.until)}. ${verdict.reason}${automatic ? "" : ` ${byHand}`}`;
    case "postponed":
      return obstacles[verdict.obstacle];
    case "hold":
      return `It is not installed by itself. ${verdict.reason}`;
  }
}

type Running = Pick<NonNullable<UpdateStatus["running"]>, "component" | "from" | "to" | "kind" | "step">;

/** What is under way, without its end: `Updating OpenClaw 1.0.0 to 1.1.0`. */
export function runningTitle({ component, from, to, kind }: Running): string {
  const name = componentNames[component];
  return kind === "update" ? `Updating ${name} ${from} to ${to}` : `Going back from ${name} ${from} to ${to}`;
}

const steps: Readonly<Record<UpdateStep, (name: string, from: string, to: string) => string>> = {
  staging: (name, from, to) => `${name} ${to} is fetched and checked; ${from} goes on working.`,
  rehearsing: (name, from, to) =>
    `${name} ${to} is tried out on a copy of your data; ${from} goes on working.`,
  waiting: (name, from, to) => `${name} ${to} is ready, and waits until ${from} has nothing to do.`,
  stopping: (name, from) => `${name} ${from} is stopped.`,
  copying: (name, _, to) => `Your data is copied for ${name} ${to}.`,
  switching: (name, from, to) => `${name} ${to} takes the place of ${from}.`,
  trial: (name, _, to) => `${name} ${to} starts, and everything is checked.`,
  probation: (name, _, to) => `${name} ${to} works, and is watched for a while.`,
  "rolling-back": (name, from) => `${name} ${from} comes back with its data.`,
};

/** What the step does. */
export function stepSentence({ component, from, to, step }: Running): string {
  return steps[step](componentNames[component], from, to);
}

/** What each outcome is called in a list. */
export const outcomeNames: Readonly<Record<UpdateRecord["outcome"], string>> = {
  committed: "done",
  "rolled-back": "rolled back",
  refused: "refused",
  aborted: "broken off",
};

/** How an update ended; why is in its `error`. */
export function recordSentence({ component, from, to, kind, outcome }: UpdateRecord): string {
  const name = componentNames[component];
  const forward = kind === "update";
  switch (outcome) {
    case "committed":
      return forward ? `${name} ${from} was updated to ${to}.` : `${name} went back from ${from} to ${to}.`;
    case "rolled-back":
      return forward
        ? `${name} ${from} came back in place of ${to}.`
        : `${name} went back to ${to}, and ${from} came back in its place.`;
    case "refused":
      return forward
        ? `${name} ${to} was not installed; ${from} went on working.`
        : `${name} did not go back to ${to}; ${from} went on working.`;
    case "aborted":
      return `${forward ? "The update" : "The way back"} from ${name} ${from} to ${to} was broken off.`;
  }
}

/** Since when a version has been the live one; null when no record says so. @param records the newest first */
export function liveSince(live: string, records: readonly UpdateRecord[]): number | null {
  return records.find(({ outcome, to }) => outcome === "committed" && to === live)?.at ?? null;
}

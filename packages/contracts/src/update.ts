import { z } from "zod";
import { timestamp } from "./base.ts";
import { errorReport } from "./error-report.ts";
import { installState } from "./install.ts";

/** A version as npm writes it: https://semver.org, without build metadata. */
export const releaseVersion = z
  .string()
  .max(64)
  .regex(/^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[\w.]+)?$/);

/** What is kept up to date, each by itself. */
export const updateComponents = ["openclaw", "smartclaw"] as const;
export type UpdateComponent = (typeof updateComponents)[number];
/** Records and journals of before there were two say nothing of it. */
export const updateComponent = z.enum(updateComponents).default("openclaw");

/** What an update goes through, in order. The journal holds the step whose work may have begun. */
export const updateSteps = [
  /** The new release is fetched, checked and laid out beside the running one. */
  "staging",
  /** It starts on a copy of the state, on a port of its own, and has to answer. */
  "rehearsing",
  /** Everything is ready; OpenClaw is still at work, or somebody is typing. */
  "waiting",
  /** The running release is brought to an end. */
  "stopping",
  /** Its state is copied; the new release never opens the old one's. */
  "copying",
  /** The pointer to the live release is changed. */
  "switching",
  /** The new release starts and has to pass every check. */
  "trial",
  /** It works, and is watched. */
  "probation",
  /** The earlier release comes back, with its own state and configuration. */
  "rolling-back",
] as const;
export type UpdateStep = (typeof updateSteps)[number];

export const updateOutcomes = [
  /** The new release is the live one. */
  "committed",
  /** It was live, failed, and the earlier one is live again. */
  "rolled-back",
  /** It failed before anything that runs was touched. */
  "refused",
  /** Something outside it was in the way (no network, a full disk, a restart); it is tried again. */
  "aborted",
] as const;

/** One finished update. */
export const updateRecord = z.object({
  id: z.string(),
  component: updateComponent,
  at: timestamp,
  from: releaseVersion,
  to: releaseVersion,
  /** Why it was done: by the schedule or the user forward, or back because the user asked. */
  kind: z.enum(["update", "go-back"]),
  outcome: z.enum(updateOutcomes),
  /** Why it did not work. */
  error: errorReport.nullable(),
});
export type UpdateRecord = z.infer<typeof updateRecord>;

export const updateSettings = z.object({
  /** Looks for releases by itself, 3 minutes after start and every 6 hours. */
  automatic: z.boolean(),
  /** Stays on the release that runs, until this is taken back. */
  held: z.boolean(),
  /** The only version that may be installed. */
  pinned: releaseVersion.nullable(),
  /** Versions that are passed over. */
  skipped: z.array(releaseVersion),
  /** Hours that a release must have been known for before it is installed by itself; most poisoned ones are found out sooner. */
  coolDownHours: z.number().int().min(0).max(720),
});
export type UpdateSettings = z.infer<typeof updateSettings>;

/** What speaks against fetching a release by itself right now: a connection that is metered, a battery that runs low. */
export const updateObstacles = ["metered", "battery"] as const;
export type UpdateObstacle = (typeof updateObstacles)[number];

/** What is to become of the newest release. */
export const updateVerdict = z.discriminatedUnion("verdict", [
  z.object({ verdict: z.literal("current") }),
  z.object({ verdict: z.literal("install"), version: releaseVersion }),
  /** In its cool-down, which ends at `until`. */
  z.object({ verdict: z.literal("wait"), version: releaseVersion, until: timestamp, reason: z.string() }),
  /** It would be installed, and is as soon as the obstacle is gone. */
  z.object({
    verdict: z.literal("postponed"),
    version: releaseVersion,
    obstacle: z.enum(updateObstacles),
  }),
  /** Only the user can let it through. */
  z.object({ verdict: z.literal("hold"), version: releaseVersion, reason: z.string() }),
]);
export type UpdateVerdict = z.infer<typeof updateVerdict>;

export const updateStatus = z.object({
  component: updateComponent,
  settings: updateSettings,
  /** What runs, and where "go back" leads. */
  live: releaseVersion.nullable(),
  previous: releaseVersion.nullable(),
  /** An update that is under way. */
  running: z
    .object({
      component: updateComponent,
      from: releaseVersion,
      to: releaseVersion,
      kind: z.enum(["update", "go-back"]),
      step: z.enum(updateSteps),
      startedAt: timestamp,
      stepAt: timestamp,
      /** While it is fetched. */
      install: installState.nullable(),
    })
    .nullable(),
  /** Null before the first look. `bytes` were received for it. */
  lastCheck: z.object({ at: timestamp, bytes: z.number().int(), error: errorReport.nullable() }).nullable(),
  /** Null when nothing is looked for automatically. */
  nextCheckAt: timestamp.nullable(),
  found: updateVerdict.nullable(),
  /** The newest of the history. */
  last: updateRecord.nullable(),
});
export type UpdateStatus = z.infer<typeof updateStatus>;

import {
  errorReport,
  releaseVersion,
  updateComponent,
  updateSteps,
  type UpdateStep,
} from "@smartclaw/contracts";
import { z } from "zod";

/** What runs: code, Node and state belong together, and are switched together. */
export const live = z.object({
  version: releaseVersion,
  /** Its version, or `bundled` for SmartClaw's own. */
  node: z.string(),
  state: z.string(),
});
export type Live = z.infer<typeof live>;

/** An update under way, as the journal keeps it: written before the work of its step begins. */
export const transaction = z.object({
  id: z.string(),
  component: updateComponent,
  kind: z.enum(["update", "go-back"]),
  step: z.enum(updateSteps),
  from: live,
  to: live,
  /** The state that `to.state` is made from: what runs now, or on the way back what the earlier release left. */
  base: z.string(),
  /** The user asked for this release although it was refused before. */
  insisted: z.boolean(),
  startedAt: z.number(),
  stepAt: z.number(),
  /** How often the new release was started since it is live; counted before each start. */
  starts: z.number().int(),
  /** Why it is rolled back. */
  error: errorReport.nullable(),
});
export type Transaction = z.infer<typeof transaction>;

/** The one thing that is done in each step. Each can be repeated, also when it was cut off half-way. */
export type UpdateWork =
  | "stage"
  | "rehearse"
  | "await-idle"
  | "stop"
  | "copy-state"
  | "activate"
  | "start-and-judge"
  | "watch"
  | "restore";

export const workOf: Readonly<Record<UpdateStep, UpdateWork>> = {
  staging: "stage",
  rehearsing: "rehearse",
  waiting: "await-idle",
  stopping: "stop",
  copying: "copy-state",
  switching: "activate",
  trial: "start-and-judge",
  probation: "watch",
  "rolling-back": "restore",
};

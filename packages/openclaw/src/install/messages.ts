import { errorReport, installStages } from "@smartclaw/contracts";
import { z } from "zod";
import { folderCount } from "../releases/contents.ts";
import { component } from "./component.ts";

const layOutOrder = z.object({
  component,
  version: z.string(),
  /** The trusted list of every package with its hash. */
  lockFile: z.string(),
  staging: z.string(),
  cache: z.string(),
  registry: z.url(),
});
export type LayOutOrder = z.infer<typeof layOutOrder>;

const releaseOrder = layOutOrder.extend({
  what: z.literal("openclaw"),
  /** Lists of the releases that lie there, whose tarballs stay in the cache: the next release has most of them, too. */
  kept: z.array(z.string()),
  /** The Node that runs its install scripts. */
  nodePath: z.string(),
});
export type ReleaseOrder = z.infer<typeof releaseOrder>;

const runtimeOrder = layOutOrder.extend({
  what: z.literal("node"),
  /** Path of Node's program in `staging`. */
  program: z.string(),
});
export type RuntimeOrder = z.infer<typeof runtimeOrder>;

/** What the parent asks: one JSON line on the child's stdin. */
export const installOrder = z.discriminatedUnion("what", [releaseOrder, runtimeOrder]);

export const installProgress = z.object({
  type: z.literal("progress"),
  stage: z.enum(installStages),
  bytesDone: z.number(),
  bytesTotal: z.number().nullable(),
  packagesDone: z.number(),
  packagesTotal: z.number().nullable(),
});
export type InstallProgress = z.infer<typeof installProgress>;

const failedAnswer = z.object({ type: z.literal("failed"), error: errorReport });

/** What the child says last of a release. */
export const installAnswer = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("done"),
    integrity: z.string(),
    node: z.string(),
    counts: z.array(folderCount),
  }),
  failedAnswer,
]);
export type InstallAnswer = z.infer<typeof installAnswer>;

/** What the child says last of a Node runtime. */
export const runtimeAnswer = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("done"),
    integrity: z.string(),
    /** Bytes of its program. */
    size: z.number().int(),
  }),
  failedAnswer,
]);
export type RuntimeAnswer = z.infer<typeof runtimeAnswer>;

/** What the child says: JSON lines on stdout. */
export type InstallMessage = InstallProgress | InstallAnswer | RuntimeAnswer;

import { errorReport, installStages } from "@smartclaw/contracts";
import { z } from "zod";
import { folderCount } from "../releases/contents.ts";

/** What the parent asks: one JSON line on the child's stdin. */
export const installOrder = z.object({
  version: z.string(),
  /** The committed list of every package with its hash. */
  lockFile: z.string(),
  staging: z.string(),
  cache: z.string(),
  registry: z.url(),
});
export type InstallOrder = z.infer<typeof installOrder>;

export const installProgress = z.object({
  type: z.literal("progress"),
  stage: z.enum(installStages),
  bytesDone: z.number(),
  bytesTotal: z.number().nullable(),
  packagesDone: z.number(),
  packagesTotal: z.number().nullable(),
});
export type InstallProgress = z.infer<typeof installProgress>;

/** What the child says last. */
export const installAnswer = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("done"),
    integrity: z.string(),
    node: z.string(),
    counts: z.array(folderCount),
  }),
  z.object({ type: z.literal("failed"), error: errorReport }),
]);
export type InstallAnswer = z.infer<typeof installAnswer>;

/** What the child says: JSON lines on stdout. */
export type InstallMessage = InstallProgress | InstallAnswer;

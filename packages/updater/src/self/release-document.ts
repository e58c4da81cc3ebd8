import { z } from "zod";
import { nodeRange, version } from "../find/release-fields.ts";

/** The target that tells of the newest release of SmartClaw. */
export const documentPath = "smartclaw.json";

/** What the target holds. Whoever reads it passes over fields that are not here, so that later releases can add some. */
export const releaseDocument = z.object({
  format: z.literal(1),
  version,
  node: nodeRange,
  /** By Node's names of platform and architecture: "linux-x64". */
  archives: z.record(
    z.string().regex(/^[a-z0-9]{1,20}-[a-z0-9]{1,20}$/),
    z.object({
      /** The archive's target; it becomes the name of a file. */
      path: z
        .string()
        .max(160)
        .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*\.tgz$/),
      /** What is new, for people. */
      notes: z.string().max(4000).optional(),
    }),
  ),
});
export type ReleaseDocument = z.infer<typeof releaseDocument>;

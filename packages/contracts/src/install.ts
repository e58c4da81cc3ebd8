import { z } from "zod";
import { errorReport } from "./error-report.ts";
import { timestamp } from "./base.ts";

export const installStages = ["resolve", "download", "verify", "unpack", "scripts", "publish"] as const;

/** Where an installation stands. Bytes are those really received, and the total the registry announced. */
export const installState = z.discriminatedUnion("state", [
  z.object({ state: z.literal("absent") }),
  z.object({
    state: z.literal("installing"),
    version: z.string(),
    stage: z.enum(installStages),
    bytesDone: z.number().int().nonnegative(),
    /** Null until the registry has said the size of every package. */
    bytesTotal: z.number().int().nonnegative().nullable(),
    packagesDone: z.number().int().nonnegative(),
    packagesTotal: z.number().int().nonnegative().nullable(),
    startedAt: timestamp,
  }),
  z.object({ state: z.literal("installed"), version: z.string(), installedAt: timestamp }),
  z.object({ state: z.literal("failed"), version: z.string(), error: errorReport }),
]);
export type InstallState = z.infer<typeof installState>;

import { releaseVersion } from "@smartclaw/contracts";
import { z } from "zod";

/** How long SmartClaw has known of the newest release. The registry's own dates are not signed, so they do not count. */
export const acquaintance = z.object({
  version: releaseVersion,
  /** Milliseconds, as far as they could be counted. */
  knownForMs: z.number().nonnegative(),
  /** When it was last counted, in milliseconds since the Unix epoch. */
  countedAt: z.number(),
});
export type Acquaintance = z.infer<typeof acquaintance>;

/** Two looks lie six hours apart; what a clock says beyond twice that was not lived through, or not by this clock. */
const mostAtOnceMs = 12 * 3_600_000;

/** Counts on. A clock that was set forward by years makes a release no older than half a day, one set back no younger. */
export function growAcquaintance(before: Acquaintance | null, version: string, now: number): Acquaintance {
  if (before === null || before.version !== version) return { version, knownForMs: 0, countedAt: now };
  const passed = Math.min(Math.max(0, now - before.countedAt), mostAtOnceMs);
  return { version, knownForMs: before.knownForMs + passed, countedAt: now };
}

import { z } from "zod";

/** A way out that the guard closed inside OpenClaw's own process. Port 0 when the caller named none. */
const guardReport = z.object({
  host: z.string().min(1).max(255),
  port: z.number().int().min(0).max(65_535),
  via: z.enum(["dns", "tcp", "udp"]),
});
export type GuardReport = z.infer<typeof guardReport>;

/** Reads one line of the guard's descriptor; null when it is not a report. */
export function parseGuardReport(line: string): GuardReport | null {
  try {
    return guardReport.safeParse(JSON.parse(line)).data ?? null;
  } catch {
    return null;
  }
}

/** The preload file. It has to stand outside bundles, since another program loads it. */
const guardUrl = new URL("./guard.mjs", import.meta.url);

/** Arguments for `node` that load the guard before OpenClaw; a URL, so that any path is safe. */
export const guardArguments: readonly string[] = [`--import=${guardUrl.href}`];

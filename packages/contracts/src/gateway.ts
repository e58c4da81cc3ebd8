import { z } from "zod";
import { errorReport } from "./error-report.ts";
import { port, timestamp } from "./base.ts";

export const gatewayPhases = [
  /** Nothing runs and nothing is wanted. */
  "stopped",
  /** The process runs, the protocol has not answered yet. */
  "starting",
  /** hello-ok of the right version came over the protocol. */
  "ready",
  /** Turns and approvals are being brought to an end before the signal. */
  "draining",
  /** The signal is sent. */
  "stopping",
  /** It died; the next start is at `retryAt`. */
  "backing-off",
  /** `doctor --fix` runs once after exit 78. */
  "repairing",
  /** It will not be started again until someone asks. */
  "failed",
] as const;
export type GatewayPhase = (typeof gatewayPhases)[number];

export const gatewayState = z.object({
  phase: z.enum(gatewayPhases),
  version: z.string().nullable(),
  pid: z.number().int().nullable(),
  port: port.nullable(),
  since: timestamp,
  readyAt: timestamp.nullable(),
  retryAt: timestamp.nullable(),
  restarts: z.number().int().nonnegative(),
  /** Why it is failed or backing off. */
  error: errorReport.nullable(),
});
export type GatewayState = z.infer<typeof gatewayState>;

/** A listening socket of the gateway's process tree. */
export const listener = z.object({
  pid: z.number().int(),
  protocol: z.enum(["tcp", "udp"]),
  address: z.string(),
  port,
  loopback: z.boolean(),
});
export type Listener = z.infer<typeof listener>;

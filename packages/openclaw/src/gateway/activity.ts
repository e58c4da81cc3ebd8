import { z } from "zod";
import type { Gateway } from "./gateway-client.ts";

const sessions = z.object({
  sessions: z.array(z.object({ key: z.string(), hasActiveRun: z.boolean().optional() })),
});
const pending = z.array(z.object({ id: z.string() }));

/** What OpenClaw is in the middle of. */
export interface Activity {
  /** Keys of the sessions in which an answer is being written. */
  readonly running: readonly string[];
  /** What waits for a person's yes or no. */
  readonly approvals: readonly { readonly id: string; readonly kind: "exec" | "plugin" }[];
}

/** @throws SmartClawError when the gateway does not answer */
export async function readActivity(gateway: Gateway): Promise<Activity> {
  const [known, execs, plugins] = await Promise.all([
    gateway.request("sessions.list", { limit: 200 }, sessions),
    gateway.request("exec.approval.list", {}, pending),
    gateway.request("plugin.approval.list", {}, pending),
  ]);
  return {
    running: known.sessions.filter(({ hasActiveRun }) => hasActiveRun === true).map(({ key }) => key),
    approvals: [
      ...execs.map(({ id }) => ({ id, kind: "exec" as const })),
      ...plugins.map(({ id }) => ({ id, kind: "plugin" as const })),
    ],
  };
}

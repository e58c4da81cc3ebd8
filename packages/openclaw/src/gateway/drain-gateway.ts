import { z } from "zod";
import type { Gateway } from "./gateway-client.ts";

const sessions = z.object({
  sessions: z.array(z.object({ key: z.string(), hasActiveRun: z.boolean().optional() })),
});
const pending = z.array(z.object({ id: z.string() }));
const anything = z.unknown();

/**
 * Brings everything to an end that would hold up OpenClaw's own shutdown for minutes: running turns are aborted,
 * pending approvals denied. Each is tried on its own; what fails is left to the supervisor's SIGKILL.
 */
export async function drainGateway(gateway: Gateway): Promise<void> {
  if (!gateway.connected()) return;
  const [running, execs, plugins] = await Promise.all([
    gateway.request("sessions.list", { limit: 200 }, sessions),
    gateway.request("exec.approval.list", {}, pending),
    gateway.request("plugin.approval.list", {}, pending),
  ]);
  const deny = (kind: "exec" | "plugin") => (approval: { id: string }) =>
    gateway.request("approval.resolve", { id: approval.id, kind, decision: "deny" }, anything);
  await Promise.allSettled([
    ...execs.map(deny("exec")),
    ...plugins.map(deny("plugin")),
    ...running.sessions
      .filter((session) => session.hasActiveRun === true)
      .map((session) => gateway.request("chat.abort", { sessionKey: session.key }, anything)),
  ]);
}

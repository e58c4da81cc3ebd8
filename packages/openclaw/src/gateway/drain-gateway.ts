import { z } from "zod";
import { readActivity } from "./activity.ts";
import type { Gateway } from "./gateway-client.ts";

const anything = z.unknown();

/**
 * Brings everything to an end that would hold up OpenClaw's own shutdown for minutes: running turns are aborted,
 * pending approvals denied. Each is tried on its own; what fails is left to the supervisor's SIGKILL.
 */
export async function drainGateway(gateway: Gateway): Promise<void> {
  if (!gateway.connected()) return;
  const { running, approvals } = await readActivity(gateway);
  await Promise.allSettled([
    ...approvals.map((approval) =>
      gateway.request("approval.resolve", { ...approval, decision: "deny" }, anything),
    ),
    ...running.map((sessionKey) => gateway.request("chat.abort", { sessionKey }, anything)),
  ]);
}

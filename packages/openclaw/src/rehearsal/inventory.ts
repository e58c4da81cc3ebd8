import { z } from "zod";
import type { Gateway } from "../gateway/gateway-client.ts";

/** What must still be there after an update, as the gateway itself counts it. */
export const inventory = z.object({
  conversations: z.number(),
  agents: z.number(),
  jobs: z.number(),
  channels: z.number(),
});
export type Inventory = z.infer<typeof inventory>;

const sessions = z.object({ sessions: z.array(z.unknown()), totalCount: z.number().optional() });
const agents = z.object({ agents: z.array(z.unknown()) });
const jobs = z.object({ jobs: z.array(z.unknown()), total: z.number().optional() });
const channels = z.object({ channelOrder: z.array(z.string()) });

/** @throws SmartClawError when the gateway does not answer */
export async function takeInventory(gateway: Gateway): Promise<Inventory> {
  const [known, team, planned, reached] = await Promise.all([
    gateway.request("sessions.list", { limit: 10_000 }, sessions),
    gateway.request("agents.list", {}, agents),
    gateway.request("cron.list", { includeDisabled: true }, jobs),
    gateway.request("channels.status", { probe: false }, channels),
  ]);
  return {
    conversations: known.totalCount ?? known.sessions.length,
    agents: team.agents.length,
    jobs: planned.total ?? planned.jobs.length,
    channels: reached.channelOrder.length,
  };
}

/** What is missing in `after`, in words; null when nothing is. More may have come: OpenClaw adds jobs of its own. */
export function lossBetween(before: Inventory, after: Inventory): string | null {
  const names = {
    conversations: "conversations",
    agents: "agents",
    jobs: "scheduled jobs",
    channels: "channels",
  };
  const lost = Object.entries(names).flatMap(([key, name]) => {
    const [had, has] = [before[key as keyof Inventory], after[key as keyof Inventory]];
    return has < had ? [`${has} of ${had} ${name}`] : [];
  });
  return lost.length === 0 ? null : lost.join(", ");
}

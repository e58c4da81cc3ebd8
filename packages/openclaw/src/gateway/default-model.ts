import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { Gateway } from "./gateway-client.ts";

const pollMs = 150;
const listed = z.object({ models: z.array(z.object({ id: z.string(), provider: z.string() })) });

/**
 * Waits until the configuration that OpenClaw runs with has the model. It reads a changed file after some moments, and
 * a message that comes before would fail.
 * @param signal ends the waiting; nothing is thrown then
 */
export async function untilModelKnown(
  gateway: Gateway,
  wanted: { readonly provider: string; readonly model: string },
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted && gateway.connected()) {
    const { models } = await gateway.request("models.list", {}, listed);
    if (models.some(({ id, provider }) => id === wanted.model && provider === wanted.provider)) return;
    await sleep(pollMs, undefined, { signal }).catch(() => undefined);
  }
}

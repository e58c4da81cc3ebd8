import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { Gateway } from "./gateway-client.ts";

const pollMs = 150;
const catalogue = z.object({ models: z.array(z.object({ id: z.string(), provider: z.string() })) });
const sessions = z.object({
  defaults: z.object({ modelProvider: z.string().nullish(), model: z.string().nullish() }),
});

/**
 * Waits until the configuration that OpenClaw runs with has the model, and answers with it. OpenClaw reads a changed
 * file after some moments, and a message that comes before would fail or go to the model of before.
 * @param signal ends the waiting; nothing is thrown then
 */
export async function untilDefaultModel(
  gateway: Gateway,
  wanted: { readonly provider: string; readonly model: string },
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    if (gateway.connected() && (await answersWith(gateway, wanted))) return;
    await sleep(pollMs, undefined, { signal }).catch(() => undefined);
  }
}

async function answersWith(
  gateway: Gateway,
  { provider, model }: { readonly provider: string; readonly model: string },
): Promise<boolean> {
  const [{ models }, { defaults }] = await Promise.all([
    gateway.request("models.list", {}, catalogue),
    gateway.request("sessions.list", { limit: 1 }, sessions),
  ]);
  const known = models.some((one) => one.id === model && one.provider === provider);
  return known && defaults.modelProvider === provider && defaults.model === model;
}

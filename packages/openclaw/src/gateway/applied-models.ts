import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { Gateway } from "./gateway-client.ts";

const pollMs = 150;
const response = z.object({
  config: z.object({
    agents: z.object({ defaults: z.object({ model: z.object({ primary: z.string() }).optional() }) }),
    models: z.object({ providers: z.record(z.string(), z.unknown()).default({}) }),
  }),
  /** Of the file, when OpenClaw last looked at it. */
  configRevisionHash: z.string().nullable(),
  /** Of what it works with. */
  appliedConfigHash: z.string().nullable(),
});

/** What the configuration says of models. */
export interface ConfiguredModels {
  /** `<provider>/<model>`, or null while there is none. */
  readonly primary: string | null;
  readonly providers: readonly string[];
}

/**
 * Waits until OpenClaw has read the configuration with these models, and works with it. It looks at a changed file after
 * some moments, and a message that comes before would fail or go to the model of before.
 * @param signal ends the waiting; nothing is thrown then
 */
export async function untilModelsApplied(
  gateway: Gateway,
  wanted: ConfiguredModels,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    if (gateway.connected() && (await areApplied(gateway, wanted))) return;
    await sleep(pollMs, undefined, { signal }).catch(() => undefined);
  }
}

async function areApplied(gateway: Gateway, wanted: ConfiguredModels): Promise<boolean> {
  const { config, ...hashes } = await gateway.request("config.get", {}, response);
  if (hashes.configRevisionHash === null || hashes.configRevisionHash !== hashes.appliedConfigHash)
    return false;
  const primary = config.agents.defaults.model?.primary ?? null;
  const ids = (list: readonly string[]): string => list.toSorted().join(" ");
  return primary === wanted.primary && ids(Object.keys(config.models.providers)) === ids(wanted.providers);
}

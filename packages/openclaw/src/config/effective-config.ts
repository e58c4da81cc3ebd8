import { z } from "zod";
import type { Gateway } from "../gateway/gateway-client.ts";
import { departures } from "./departures.ts";

const answer = z.looseObject({
  valid: z.boolean(),
  runtimeConfig: z.unknown(),
  /** Of the file, and of what OpenClaw works with. */
  configRevisionHash: z.string().optional(),
  appliedConfigHash: z.string().nullable().optional(),
});

/**
 * Where a running OpenClaw does not work with the configuration that it was given, like `tools.exec.mode`.
 * @throws SmartClawError when OpenClaw does not tell, which says no more than that
 */
export async function effectiveDepartures(
  gateway: Pick<Gateway, "request">,
  given: object,
): Promise<string[]> {
  const { valid, runtimeConfig, configRevisionHash, appliedConfigHash } = await gateway.request(
    "config.get",
    {},
    answer,
  );
  const isApplied = typeof appliedConfigHash !== "string" || appliedConfigHash === configRevisionHash;
  return valid && isApplied ? departures(given, runtimeConfig) : ["the whole file"];
}

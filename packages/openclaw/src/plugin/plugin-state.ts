import { z } from "zod";
import type { Gateway } from "../gateway/gateway-client.ts";
import { guardianPluginId } from "./install-plugin.ts";

const plugins = z.object({
  plugins: z.array(
    z.looseObject({ id: z.string(), runtime: z.looseObject({ state: z.string() }).optional() }),
  ),
});

/**
 * Whether OpenClaw has loaded SmartClaw's plugin, which alone can start commands. OpenClaw calls itself ready without.
 * @throws SmartClawError GATEWAY_NOT_READY
 */
export async function isGuardianLoaded(gateway: Pick<Gateway, "request">): Promise<boolean> {
  const { plugins: found } = await gateway.request("plugins.list", {}, plugins);
  return found.some(({ id, runtime }) => id === guardianPluginId && runtime?.state === "active");
}

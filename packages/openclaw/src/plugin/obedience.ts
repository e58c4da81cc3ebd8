import type { Gateway } from "../gateway/gateway-client.ts";
import { effectiveDepartures } from "../config/effective-config.ts";
import { isProbeRefused } from "./plugin-probe.ts";
import { isGuardianLoaded } from "./plugin-state.ts";

/** In what a running OpenClaw does not do what it was told. */
export interface Disobedience {
  readonly of: "configuration" | "plugin";
  /** What it does, for people, after its name: `works with another setting of tools.exec.mode`. */
  readonly finding: string;
}

export interface ObedienceQuestion {
  /** The configuration that it was given. */
  readonly config: object;
  /** A call that Guardian will refuse; null where there is nothing that could ask Guardian. */
  readonly probe: { readonly word: string; readonly answer: string } | null;
  readonly agenticMode: boolean;
}

/**
 * Asks a running OpenClaw whether it works with its configuration and, in Agentic Mode, lets Guardian decide. It calls
 * itself ready without either.
 * @throws SmartClawError GATEWAY_NOT_READY and others, when it does not tell
 */
export async function disobedienceOf(
  gateway: Pick<Gateway, "request">,
  { config, probe, agenticMode }: ObedienceQuestion,
): Promise<Disobedience | null> {
  const other = await effectiveDepartures(gateway, config);
  if (other.length > 0)
    return { of: "configuration", finding: `works with another setting of ${other.slice(0, 5).join(", ")}` };
  if (!agenticMode) return null;
  if (!(await isGuardianLoaded(gateway))) return { of: "plugin", finding: "did not load SmartClaw's plugin" };
  if (probe !== null && !(await isProbeRefused(gateway, probe)))
    return { of: "plugin", finding: "did not let Guardian refuse a call" };
  return null;
}

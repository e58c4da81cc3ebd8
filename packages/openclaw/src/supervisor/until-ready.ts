import { type GatewayState, SmartClawError } from "@smartclaw/contracts";
import type { Supervisor } from "./supervisor.ts";

/**
 * Starts OpenClaw and resolves when its protocol answers. A crash on the way is the end, and no reason to try again.
 * @throws SmartClawError what was in the way; CANCELLED when `signal` aborts
 */
export function untilReady(
  openclaw: Pick<Supervisor, "start" | "state" | "onChange">,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void): void => {
      stop();
      signal.removeEventListener("abort", onAbort);
      settle();
    };
    const onAbort = (): void => end(() => reject(cancelled()));
    const look = ({ phase, error }: GatewayState): void => {
      if (phase === "ready") end(resolve);
      if (phase === "failed" || phase === "backing-off") end(() => reject(faultOf(error)));
    };
    const stop = openclaw.onChange(look);
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) return onAbort();
    openclaw.start();
    if (openclaw.state().phase === "ready") end(resolve);
  });
}

function faultOf(error: GatewayState["error"]): SmartClawError {
  return error === null
    ? new SmartClawError("GATEWAY_NOT_READY", "OpenClaw did not start.", "Look at `smartclaw logs`.")
    : SmartClawError.from(error);
}

function cancelled(): SmartClawError {
  return new SmartClawError("CANCELLED", "The start of OpenClaw was ended.", "It is tried again by itself.");
}

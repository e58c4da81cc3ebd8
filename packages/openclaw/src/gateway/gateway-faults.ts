import { isGatewayProtocolResponseError } from "@openclaw/gateway-client";
import { SmartClawError } from "@smartclaw/contracts";

export function unavailable(cause?: unknown): SmartClawError {
  return new SmartClawError(
    "GATEWAY_NOT_READY",
    "OpenClaw cannot be reached at the moment.",
    "Wait until the Status page shows it as ready, or start it there.",
    { cause },
  );
}

/** Turns a failed request into a fault for people. The gateway's own sentences hold no secret: it redacts them. */
export function requestFault(method: string, error: unknown): SmartClawError {
  if (!isGatewayProtocolResponseError(error)) return unavailable(error);
  const said = error.message.replaceAll(/\s+/g, " ").slice(0, 200);
  if (error.gatewayCode === "UNAVAILABLE" || error.retryable) return unavailable(error);
  if (/already in use/i.test(said)) {
    return new SmartClawError("CONFLICT", `OpenClaw refused: ${said}.`, "Choose another name.", {
      cause: error,
    });
  }
  const code = error.gatewayCode === "NOT_FOUND" ? "NOT_FOUND" : "BAD_REQUEST";
  return new SmartClawError(
    code,
    `OpenClaw refused \`${method}\`: ${said}.`,
    "Reload the page and try again; if it stays, look at `smartclaw logs`.",
    { cause: error },
  );
}

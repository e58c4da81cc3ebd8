import type { ErrorReport } from "@smartclaw/contracts";

const look = "Look at `smartclaw logs` for OpenClaw's last lines, then start it again.";

export const badConfig: ErrorReport = {
  code: "GATEWAY_CONFIG",
  message: "OpenClaw refuses its configuration, also after its own repair was run once.",
  next: "Run `smartclaw doctor`; it names the setting and how to put it right.",
};

export const repairing: ErrorReport = {
  code: "GATEWAY_CONFIG",
  message: "OpenClaw refused its configuration; its own repair is running.",
  next: "Wait a moment; OpenClaw is started again when the repair is done.",
};

export const secretsUnavailable: ErrorReport = {
  code: "GATEWAY_NOT_READY",
  message: "OpenClaw could not start because SmartClaw could not give it its access token.",
  next: "Unlock the vault on the Keys page, then start OpenClaw again.",
};

export function notReady(ms: number): ErrorReport {
  return {
    code: "GATEWAY_NOT_READY",
    message: `OpenClaw was started but did not answer within ${Math.round(ms / 1000)} seconds.`,
    next: look,
  };
}

export function portsTaken(ports: readonly number[]): ErrorReport {
  return {
    code: "PORT_IN_USE",
    message: `OpenClaw could not start because other programs hold the ports that were tried (${ports.join(", ")}).`,
    next: "Close the program that uses the port, or set another port for OpenClaw, then start it again.",
  };
}

export function crashed(
  exit: { readonly code: number | null; readonly signal: string | null },
  starting: boolean,
): ErrorReport {
  const how = exit.signal === null ? `exit code ${exit.code ?? "unknown"}` : `signal ${exit.signal}`;
  return {
    code: "GATEWAY_CRASHED",
    message: `OpenClaw ended by itself ${starting ? "while it was starting" : "while it was running"} (${how}).`,
    next: "It is started again by itself after a short wait.",
  };
}

export function gaveUp(crashes: number, last: ErrorReport | null): ErrorReport {
  return {
    code: last?.code ?? "GATEWAY_CRASHED",
    message: `OpenClaw failed ${crashes} times in a row, so it is not started again. Last: ${last?.message ?? "unknown"}`,
    next: look,
  };
}

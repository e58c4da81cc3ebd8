import type { GatewayState, InstallState, SystemStatus } from "@smartclaw/contracts";
import { bytes } from "./output.ts";

const barWidth = 24;

/** One line on an installation under way. */
export function describeInstall(state: InstallState): string {
  switch (state.state) {
    case "absent":
      return "OpenClaw is not installed.";
    case "installed":
      return `OpenClaw ${state.version} is installed.`;
    case "failed":
      return `OpenClaw ${state.version} was not installed: ${state.error.message} ${state.error.next}`;
    case "installing": {
      const share =
        state.bytesTotal === null || state.bytesTotal === 0
          ? 0
          : Math.min(1, state.bytesDone / state.bytesTotal);
      const filled = Math.round(share * barWidth);
      const total = state.bytesTotal === null ? "" : ` of ${bytes(state.bytesTotal)}`;
      const bar = `${"█".repeat(filled)}${"░".repeat(barWidth - filled)}`;
      return `Installing OpenClaw ${state.version}  ${bar}  ${state.stage}, ${bytes(state.bytesDone)}${total}`;
    }
  }
}

const phases: Readonly<Record<GatewayState["phase"], string>> = {
  stopped: "is stopped",
  starting: "is starting",
  ready: "is ready",
  draining: "is finishing what it does",
  stopping: "is stopping",
  "backing-off": "died and will be started again",
  repairing: "is being repaired",
  failed: "has failed",
};

export function describeGateway(gateway: GatewayState): string {
  const why = gateway.error === null ? "" : ` ${gateway.error.message} ${gateway.error.next}`;
  return `OpenClaw ${phases[gateway.phase]}.${why}`;
}

/** Whether everything that should run does. */
export function isHealthy(status: SystemStatus): boolean {
  const { install, gateway } = status.openclaw;
  return install.state === "installed" && gateway.phase === "ready" && status.vault.state === "ready";
}

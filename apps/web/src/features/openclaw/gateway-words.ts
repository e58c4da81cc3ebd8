import type { GatewayState } from "@smartclaw/contracts";
import type { BadgeTone } from "../../ui/controls.tsx";

/** What each phase is called, and its colour. */
export const gatewayWords: Readonly<
  Record<GatewayState["phase"], { readonly text: string; readonly tone: BadgeTone }>
> = {
  stopped: { text: "Stopped", tone: "plain" },
  starting: { text: "Starting", tone: "warn" },
  ready: { text: "Ready", tone: "good" },
  draining: { text: "Finishing what it does", tone: "warn" },
  stopping: { text: "Stopping", tone: "warn" },
  "backing-off": { text: "Died, starts again soon", tone: "danger" },
  repairing: { text: "Repairing", tone: "warn" },
  failed: { text: "Failed", tone: "danger" },
};

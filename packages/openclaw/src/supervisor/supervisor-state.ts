import type { ErrorReport, GatewayPhase } from "@smartclaw/contracts";

/** What happens after the process that is being ended has ended. */
export type Afterwards = "stop" | "start" | "start-elsewhere" | "back-off" | "fail";

/** Times in milliseconds; counts are attempts. */
export interface SupervisorLimits {
  /** From the launch until the protocol answers. */
  readonly startMs: number;
  /** For turns and approvals to end. */
  readonly drainMs: number;
  /** From SIGTERM until SIGKILL. */
  readonly stopMs: number;
  /** Between attempts to kill what SIGKILL did not end at once. */
  readonly killMs: number;
  /** Ready for this long: earlier crashes are forgiven. */
  readonly stableMs: number;
  readonly backOffMs: number;
  readonly backOffMaxMs: number;
  /** Crashes in a row, none of them after a stable time, before it gives up. */
  readonly maxCrashes: number;
  /** Ports found taken in a row before it gives up. */
  readonly maxPorts: number;
}

export const defaultLimits: SupervisorLimits = {
  startMs: 90_000,
  drainMs: 4_000,
  stopMs: 8_000,
  killMs: 3_000,
  stableMs: 120_000,
  backOffMs: 1_000,
  backOffMaxMs: 60_000,
  maxCrashes: 5,
  maxPorts: 3,
};

/** The supervisor's whole memory. `attempt` numbers launches; what belongs to an earlier one is ignored. */
export interface SupervisorState {
  readonly phase: GatewayPhase;
  readonly attempt: number;
  readonly version: string | null;
  readonly pid: number | null;
  readonly port: number | null;
  readonly since: number;
  readonly readyAt: number | null;
  readonly retryAt: number | null;
  readonly restarts: number;
  readonly error: ErrorReport | null;
  /** Meaningful in `draining` and `stopping`. */
  readonly afterwards: Afterwards;
  readonly crashes: number;
  /** `doctor --fix` ran since the last stable time. */
  readonly repaired: boolean;
  readonly takenPorts: readonly number[];
}

export const initialState: SupervisorState = {
  phase: "stopped",
  attempt: 0,
  version: null,
  pid: null,
  port: null,
  since: 0,
  readyAt: null,
  retryAt: null,
  restarts: 0,
  error: null,
  afterwards: "stop",
  crashes: 0,
  repaired: false,
  takenPorts: [],
};

export type TimerName = "start" | "drain" | "stop" | "kill" | "stable" | "back-off";

/** `at` is the time of the event, in milliseconds since the Unix epoch. */
export type SupervisorEvent = { readonly at: number } & (
  | { readonly type: "start" | "stop" | "restart" }
  | {
      readonly type: "launched";
      readonly attempt: number;
      readonly pid: number;
      readonly port: number;
      readonly version: string;
    }
  | { readonly type: "launch-failed"; readonly attempt: number; readonly error: ErrorReport }
  | { readonly type: "port-taken"; readonly attempt: number; readonly port: number }
  | { readonly type: "probe-ok"; readonly attempt: number }
  | { readonly type: "probe-failed"; readonly attempt: number; readonly error: ErrorReport }
  | { readonly type: "drained"; readonly attempt: number }
  | {
      readonly type: "exited";
      readonly attempt: number;
      readonly code: number | null;
      readonly signal: string | null;
      /** Whether OpenClaw got the secrets that it asks for at start. */
      readonly secrets: "answered" | "not-asked" | "refused";
      /** Whether somebody else listens on the port that it was to have. */
      readonly portHeld: boolean;
    }
  | { readonly type: "repaired"; readonly attempt: number; readonly error: ErrorReport | null }
  | { readonly type: "exposed"; readonly error: ErrorReport }
  | { readonly type: "timer"; readonly name: TimerName }
);

export type SupervisorEffect =
  /** Opens the secrets window, and starts a process when the port is free. */
  | { readonly type: "launch"; readonly attempt: number; readonly takenPorts: readonly number[] }
  | { readonly type: "probe" | "drain" | "repair"; readonly attempt: number }
  | { readonly type: "cancel-repair" }
  | { readonly type: "terminate" }
  | { readonly type: "kill-tree" }
  | { readonly type: "close-secrets" }
  | { readonly type: "set-timer"; readonly name: TimerName; readonly ms: number }
  | { readonly type: "clear-timers" };

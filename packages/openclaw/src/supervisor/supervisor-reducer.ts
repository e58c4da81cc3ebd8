import type { ErrorReport } from "@smartclaw/contracts";
import * as reports from "./supervisor-reports.ts";
import type {
  Afterwards,
  SupervisorEffect,
  SupervisorEvent,
  SupervisorLimits,
  SupervisorState,
} from "./supervisor-state.ts";

export interface Step {
  readonly state: SupervisorState;
  readonly effects: readonly SupervisorEffect[];
}

/**
 * Decides what the supervisor does next. No I/O, no clock: time comes with the events. Every event is legal in
 * every state; one that does not concern the state, or belongs to an earlier launch, changes nothing.
 */
export function reduce(state: SupervisorState, event: SupervisorEvent, limits: SupervisorLimits): Step {
  const { at } = event;
  switch (event.type) {
    case "start":
      return start(state, at, limits);
    case "restart":
      return restart(state, at, limits);
    case "stop":
      return stop(state, at, limits);
    case "exposed":
      return exposed(state, event.error, at, limits);
    case "timer":
      return timer(state, event.name, at, limits);
    default:
      if (event.attempt !== state.attempt) return same(state);
  }
  switch (event.type) {
    case "launched":
      return launched(state, event, limits);
    case "launch-failed":
      return launchFailed(state, event.error, at, limits);
    case "port-taken":
      return portTaken(state, event.port, at, limits);
    case "probe-ok":
      if (state.phase !== "starting" || state.pid === null) return same(state);
      return step({ ...state, phase: "ready", since: at, readyAt: at, takenPorts: [], error: null }, [
        { type: "clear-timers" },
        { type: "close-secrets" },
        { type: "set-timer", name: "stable", ms: limits.stableMs },
      ]);
    case "probe-failed":
      if (state.phase !== "starting" || state.pid === null) return same(state);
      return event.error.code === "PORT_IN_USE"
        ? killNow(withoutItsPort(state), "start-elsewhere", at, limits)
        : killNow({ ...state, error: event.error }, "back-off", at, limits);
    case "drained":
      return state.phase === "draining" ? terminate(state, at, limits) : same(state);
    case "exited":
      return state.pid === null ? same(state) : exited(state, event, limits);
    case "repaired":
      return repaired(state, event.error, at, limits);
  }
}

function start(state: SupervisorState, at: number, limits: SupervisorLimits): Step {
  switch (state.phase) {
    case "stopped":
    case "failed":
      return launch({ ...forgiven(state), restarts: 0, error: null }, at, limits);
    case "backing-off":
      return launch(forgiven(state), at, limits);
    case "draining":
    case "stopping":
      return step({ ...state, afterwards: "start" }, []);
    default:
      return same(state);
  }
}

function restart(state: SupervisorState, at: number, limits: SupervisorLimits): Step {
  switch (state.phase) {
    case "ready":
      return drain(state, "start", at, limits);
    case "starting":
      return end(state, "start", at, limits);
    case "repairing":
      return same(state);
    default:
      return start(state, at, limits);
  }
}

function stop(state: SupervisorState, at: number, limits: SupervisorLimits): Step {
  switch (state.phase) {
    case "stopped":
      return same(state);
    case "failed":
    case "backing-off":
      return stopped(state, at);
    case "ready":
      return drain(state, "stop", at, limits);
    case "starting":
      return end(state, "stop", at, limits);
    case "draining":
    case "stopping":
      return step({ ...state, afterwards: "stop" }, []);
    case "repairing":
      return step({ ...state, phase: "stopping", since: at, afterwards: "stop" }, [
        { type: "cancel-repair" },
      ]);
  }
}

function exposed(state: SupervisorState, error: ErrorReport, at: number, limits: SupervisorLimits): Step {
  if (state.pid === null) return same(state);
  if (state.phase === "stopping" && state.error?.code === error.code) return same(state);
  const ending = state.phase === "stopping" || state.phase === "draining";
  const afterwards = ending && state.afterwards === "stop" ? "stop" : "fail";
  return killNow({ ...state, error }, afterwards, at, limits);
}

function launched(
  state: SupervisorState,
  event: { readonly at: number; readonly pid: number; readonly port: number; readonly version: string },
  limits: SupervisorLimits,
): Step {
  const { at, pid, port, version } = event;
  const running = { ...state, pid, port, version };
  if (state.phase === "starting" && state.pid === null) {
    return step(running, [{ type: "probe", attempt: state.attempt }]);
  }
  // It was told to stop while the process was being made.
  if (state.phase === "stopping" && state.pid === null) return killNow(running, state.afterwards, at, limits);
  return same(state);
}

function launchFailed(
  state: SupervisorState,
  error: ErrorReport,
  at: number,
  limits: SupervisorLimits,
): Step {
  if (state.pid !== null) return same(state);
  if (state.phase === "starting") return failed(state, error, at);
  if (state.phase === "stopping") return ended({ ...state, error }, at, limits);
  return same(state);
}

function portTaken(state: SupervisorState, port: number, at: number, limits: SupervisorLimits): Step {
  if (state.pid !== null) return same(state);
  if (state.phase === "stopping") return ended(state, at, limits);
  if (state.phase !== "starting") return same(state);
  return launchElsewhere({ ...state, takenPorts: [...state.takenPorts, port] }, at, limits);
}

/** Between the look for a free port and the moment when OpenClaw takes it lie seconds. */
function withoutItsPort(state: SupervisorState): SupervisorState {
  return state.port === null ? state : { ...state, takenPorts: [...state.takenPorts, state.port] };
}

function launchElsewhere(state: SupervisorState, at: number, limits: SupervisorLimits): Step {
  const { takenPorts } = state;
  return takenPorts.length < limits.maxPorts
    ? launch(state, at, limits)
    : failed(state, reports.portsTaken(takenPorts), at);
}

function timer(
  state: SupervisorState,
  name: Extract<SupervisorEvent, { type: "timer" }>["name"],
  at: number,
  limits: SupervisorLimits,
): Step {
  switch (name) {
    case "start":
      if (state.phase !== "starting") return same(state);
      if (state.pid === null) {
        return end({ ...state, error: reports.notReady(limits.startMs) }, "fail", at, limits);
      }
      return killNow({ ...state, error: reports.notReady(limits.startMs) }, "back-off", at, limits);
    case "drain":
      return state.phase === "draining" ? terminate(state, at, limits) : same(state);
    case "stop":
    case "kill":
      if (state.phase !== "stopping" || state.pid === null) return same(state);
      return step(state, [{ type: "kill-tree" }, { type: "set-timer", name: "kill", ms: limits.killMs }]);
    case "stable":
      return state.phase === "ready" ? step(forgiven(state), []) : same(state);
    case "back-off":
      return state.phase === "backing-off" ? launch(state, at, limits) : same(state);
  }
}

function exited(
  state: SupervisorState,
  event: Extract<SupervisorEvent, { type: "exited" }>,
  limits: SupervisorLimits,
): Step {
  const { at } = event;
  const gone = { ...state, pid: null, readyAt: null };
  if (state.phase === "stopping" || state.phase === "draining") return ended(gone, at, limits);
  if (event.code === 78) {
    if (state.repaired) return failed(gone, reports.badConfig, at);
    return step({ ...gone, phase: "repairing", since: at, error: reports.repairing, repaired: true }, [
      { type: "clear-timers" },
      { type: "close-secrets" },
      { type: "repair", attempt: state.attempt },
    ]);
  }
  const wasStarting = state.phase === "starting";
  if (wasStarting && event.portHeld) return launchElsewhere(withoutItsPort(gone), at, limits);
  if (wasStarting && event.code === 1 && event.secrets === "refused") {
    return failed(gone, reports.secretsUnavailable, at);
  }
  return backOff({ ...gone, error: reports.crashed(event, wasStarting) }, at, limits);
}

function repaired(
  state: SupervisorState,
  error: ErrorReport | null,
  at: number,
  limits: SupervisorLimits,
): Step {
  if (state.pid !== null) return same(state);
  if (state.phase === "stopping") return ended(state, at, limits);
  if (state.phase !== "repairing") return same(state);
  return error === null ? launch(state, at, limits) : failed(state, error, at);
}

/** The process is gone, as it was meant to be. */
function ended(state: SupervisorState, at: number, limits: SupervisorLimits): Step {
  switch (state.afterwards) {
    case "stop":
      return stopped(state, at);
    case "start":
      return launch({ ...forgiven(state), restarts: state.restarts + 1, error: null }, at, limits);
    case "start-elsewhere":
      return launchElsewhere(state, at, limits);
    case "back-off":
      return backOff(state, at, limits);
    case "fail":
      return failed(state, state.error ?? reports.notReady(limits.startMs), at);
  }
}

function launch(state: SupervisorState, at: number, limits: SupervisorLimits): Step {
  const attempt = state.attempt + 1;
  const { takenPorts } = state;
  return step({ ...idle(state), phase: "starting", attempt, since: at, afterwards: "stop" }, [
    { type: "clear-timers" },
    { type: "set-timer", name: "start", ms: limits.startMs },
    { type: "launch", attempt, takenPorts },
  ]);
}

function drain(state: SupervisorState, afterwards: Afterwards, at: number, limits: SupervisorLimits): Step {
  return step({ ...state, phase: "draining", since: at, afterwards }, [
    { type: "clear-timers" },
    { type: "set-timer", name: "drain", ms: limits.drainMs },
    { type: "drain", attempt: state.attempt },
  ]);
}

/**
 * Ends a start that is under way; there is nothing to drain yet. Without a process it waits for the launch to
 * report, so that there can never be two.
 */
function end(state: SupervisorState, afterwards: Afterwards, at: number, limits: SupervisorLimits): Step {
  const ending = { ...state, afterwards };
  if (state.pid !== null) return terminate(ending, at, limits);
  return step({ ...ending, phase: "stopping", since: at }, [
    { type: "clear-timers" },
    { type: "close-secrets" },
  ]);
}

function terminate(state: SupervisorState, at: number, limits: SupervisorLimits): Step {
  return step({ ...state, phase: "stopping", since: at, readyAt: null }, [
    { type: "clear-timers" },
    { type: "close-secrets" },
    { type: "set-timer", name: "stop", ms: limits.stopMs },
    { type: "terminate" },
  ]);
}

function killNow(state: SupervisorState, afterwards: Afterwards, at: number, limits: SupervisorLimits): Step {
  return step({ ...state, phase: "stopping", since: at, readyAt: null, afterwards }, [
    { type: "clear-timers" },
    { type: "close-secrets" },
    { type: "set-timer", name: "kill", ms: limits.killMs },
    { type: "kill-tree" },
  ]);
}

function backOff(state: SupervisorState, at: number, limits: SupervisorLimits): Step {
  const crashes = state.crashes + 1;
  if (crashes >= limits.maxCrashes)
    return failed({ ...state, crashes }, reports.gaveUp(crashes, state.error), at);
  const ms = Math.min(limits.backOffMaxMs, limits.backOffMs * 2 ** (crashes - 1));
  const { restarts } = state;
  return step(
    { ...idle(state), phase: "backing-off", since: at, retryAt: at + ms, crashes, restarts: restarts + 1 },
    [{ type: "clear-timers" }, { type: "close-secrets" }, { type: "set-timer", name: "back-off", ms }],
  );
}

function failed(state: SupervisorState, error: ErrorReport, at: number): Step {
  return step({ ...idle(state), phase: "failed", since: at, error }, [
    { type: "clear-timers" },
    { type: "close-secrets" },
  ]);
}

function stopped(state: SupervisorState, at: number): Step {
  const error = state.error?.code === "GATEWAY_EXPOSED" ? state.error : null;
  return step({ ...idle(state), phase: "stopped", since: at, error }, [
    { type: "clear-timers" },
    { type: "close-secrets" },
  ]);
}

function idle(state: SupervisorState): SupervisorState {
  return { ...state, pid: null, port: null, readyAt: null, retryAt: null };
}

function forgiven(state: SupervisorState): SupervisorState {
  return { ...state, crashes: 0, repaired: false, takenPorts: [] };
}

function step(state: SupervisorState, effects: readonly SupervisorEffect[]): Step {
  return { state, effects };
}

function same(state: SupervisorState): Step {
  return { state, effects: [] };
}

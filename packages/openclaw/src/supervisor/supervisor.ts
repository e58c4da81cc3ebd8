import {
  reportOf,
  type Clock,
  type ErrorReport,
  type GatewayState,
  type Log,
  type Unsubscribe,
} from "@smartclaw/contracts";
import type { GuardReport } from "../guard/guard-reports.ts";
import type { SecretsWindow } from "../secrets/secrets-window.ts";
import { exposureReport } from "../watchdog/exposure-core.ts";
import type { ProcessTree } from "../watchdog/process-tree.ts";
import type { SocketScanner, TreeSocket } from "../watchdog/tree-socket.ts";
import { spawnGateway, type GatewayLaunch, type GatewayLine } from "./gateway-process.ts";
import { createLeftoverFile } from "./leftover.ts";
import { isPortFree } from "./ports.ts";
import { reduce } from "./supervisor-reducer.ts";
import {
  defaultLimits,
  initialState,
  type SupervisorEffect,
  type SupervisorEvent,
  type SupervisorLimits,
  type TimerName,
} from "./supervisor-state.ts";
import type { SetTimer } from "./timers.ts";

export interface SupervisorDeps {
  /** What to run. `takenPorts` were tried and are held by other programs. Throws SmartClawError. */
  readonly launch: (takenPorts: readonly number[]) => Promise<GatewayLaunch>;
  /**
   * Resolves when the protocol has answered with the right version. Throws SmartClawError when it never will:
   * PORT_IN_USE when somebody else answers, and the next port is tried.
   */
  readonly probe: (gateway: ProbedGateway) => Promise<void>;
  /** Aborts running turns and resolves pending approvals. The supervisor bounds how long it waits. */
  readonly drain: () => Promise<void>;
  /** Runs OpenClaw's own repair once. Throws SmartClawError. */
  readonly repair: (signal: AbortSignal) => Promise<void>;
  readonly secretsWindow: Pick<SecretsWindow, "open" | "close" | "outcome">;
  readonly tree: ProcessTree;
  readonly sockets: SocketScanner;
  /** Where the gateway's process number is kept for the next daemon. */
  readonly pidFile: string;
  readonly clock: Clock;
  readonly setTimer: SetTimer;
  readonly log: Log;
  /** OpenClaw's output, for the logs. Nothing is concluded from it. */
  readonly onLine: (line: GatewayLine) => void;
  /** What the guard refused inside OpenClaw. */
  readonly onRefused: (report: GuardReport) => void;
  readonly limits?: Partial<SupervisorLimits>;
}

/** A gateway that was started, and has not answered yet. */
export interface ProbedGateway {
  readonly port: number;
  readonly version: string;
  /** Whether it is this gateway that listens on the port, and nobody else. */
  readonly isListening: () => Promise<boolean>;
  readonly signal: AbortSignal;
}

export interface Supervisor {
  start(): void;
  /** Resolves when nothing runs any more. */
  stop(): Promise<void>;
  restart(): void;
  state(): GatewayState;
  onChange(listener: (state: GatewayState) => void): Unsubscribe;
  /** The watchdog saw sockets that other computers can reach: everything is killed at once. */
  reportExposure(violations: readonly TreeSocket[]): void;
  /** It does not work as it was told, so that nothing is known of how it works. @param finding for people */
  reportDisobedience(finding: string): void;
}

/** Runs OpenClaw's gateway: the reducer decides, this carries it out. */
export function createSupervisor(deps: SupervisorDeps): Supervisor {
  const limits = { ...defaultLimits, ...deps.limits };
  const leftover = createLeftoverFile({ path: deps.pidFile, tree: deps.tree, log: deps.log });
  const listeners = new Set<(state: GatewayState) => void>();
  const timers = new Map<TimerName, Unsubscribe>();
  let current = { ...initialState, since: deps.clock.now() };
  let probing: AbortController | null = null;
  let repairing: AbortController | null = null;
  let killing: Promise<void> = Promise.resolve();

  type WithoutTime<E> = E extends unknown ? Omit<E, "at"> : never;
  function dispatch(event: WithoutTime<SupervisorEvent>): void {
    const before = current;
    const { state, effects } = reduce(current, { ...event, at: deps.clock.now() }, limits);
    current = state;
    if (state.phase !== "starting") probing?.abort();
    for (const effect of effects) carryOut(effect);
    if (state === before) return;
    if (state.phase !== before.phase) {
      deps.log.info(
        { phase: state.phase, pid: state.pid, code: state.error?.code },
        "OpenClaw's state changed",
      );
    }
    for (const listener of listeners) listener(publicState());
  }

  function carryOut(effect: SupervisorEffect): void {
    switch (effect.type) {
      case "launch":
        void launch(effect.attempt, effect.takenPorts);
        return;
      case "probe":
        void probe(effect.attempt);
        return;
      case "drain":
        void drain(effect.attempt);
        return;
      case "repair":
        void repair(effect.attempt);
        return;
      case "cancel-repair":
        repairing?.abort();
        return;
      case "terminate":
        if (current.pid !== null) sendSignal(current.pid, "SIGTERM");
        return;
      case "kill-tree":
        if (current.pid !== null) void killTree(current.pid);
        return;
      case "close-secrets":
        deps.secretsWindow.close();
        return;
      case "set-timer":
        timers.get(effect.name)?.();
        timers.set(
          effect.name,
          deps.setTimer(effect.ms, () => {
            timers.delete(effect.name);
            dispatch({ type: "timer", name: effect.name });
          }),
        );
        return;
      case "clear-timers":
        for (const cancel of timers.values()) cancel();
        timers.clear();
    }
  }

  async function launch(attempt: number, takenPorts: readonly number[]): Promise<void> {
    try {
      await leftover.clear();
      const spec = await deps.launch(takenPorts);
      if (!(await isPortFree(spec.port))) {
        dispatch({ type: "port-taken", attempt, port: spec.port });
        return;
      }
      await deps.secretsWindow.open();
      const child = await spawnGateway(spec, deps.tree.marker, {
        onLine: deps.onLine,
        onRefused: deps.onRefused,
        onExit: (code, signal) => void afterExit(attempt, child.pid, code, signal),
      });
      dispatch({ type: "launched", attempt, pid: child.pid, port: spec.port, version: spec.version });
      await leftover.remember(child.pid);
    } catch (error) {
      deps.log.error({ error: reportOf(error) }, "OpenClaw could not be launched");
      dispatch({ type: "launch-failed", attempt, error: reportOf(error) });
    }
  }

  /** The main process is gone; what it left behind is ended before anyone hears of it. */
  async function afterExit(
    attempt: number,
    pid: number,
    code: number | null,
    signal: NodeJS.Signals | null,
  ): Promise<void> {
    const secrets = deps.secretsWindow.outcome();
    await killTree(pid);
    leftover.forget();
    const { port } = current;
    const portHeld = current.phase === "starting" && port !== null && !(await isPortFree(port));
    dispatch({ type: "exited", attempt, code, signal, secrets, portHeld });
  }

  /**
   * One after the other: a round that outlived its process would take the next one for a part of the tree, and the
   * next one is only started when the exit was reported, which waits for this.
   */
  function killTree(pid: number): Promise<void> {
    killing = killing.then(() => killOnce(pid));
    return killing;
  }

  async function killOnce(pid: number): Promise<void> {
    try {
      const left = await deps.tree.kill(pid);
      if (left.length > 0)
        deps.log.error({ pids: left.map((entry) => entry.pid) }, "processes outlive SIGKILL");
    } catch (error) {
      deps.log.error({ error: String(error) }, "the process tree could not be listed");
      sendSignal(pid, "SIGKILL");
    }
  }

  async function drain(attempt: number): Promise<void> {
    const error = await settle(deps.drain());
    if (error) deps.log.warn({ error }, "turns or approvals could not be ended before the stop");
    dispatch({ type: "drained", attempt });
  }

  async function repair(attempt: number): Promise<void> {
    repairing = new AbortController();
    const error = await settle(deps.repair(repairing.signal));
    dispatch({ type: "repaired", attempt, error });
  }

  async function probe(attempt: number): Promise<void> {
    const { pid, port, version } = current;
    if (pid === null || port === null || version === null) return;
    const controller = new AbortController();
    probing = controller;
    const isListening = async (): Promise<boolean> =>
      (await deps.sockets.scan(pid)).some((socket) => socket.kind === "listen" && socket.port === port);
    const error = await settle(deps.probe({ port, version, isListening, signal: controller.signal }));
    if (controller.signal.aborted) return;
    dispatch(error === null ? { type: "probe-ok", attempt } : { type: "probe-failed", attempt, error });
  }

  function publicState(): GatewayState {
    const { phase, version, pid, port, since, readyAt, retryAt, restarts, error } = current;
    return { phase, version, pid, port, since, readyAt, retryAt, restarts, error };
  }

  function onChange(listener: (state: GatewayState) => void): Unsubscribe {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  return {
    start: () => dispatch({ type: "start" }),
    restart: () => dispatch({ type: "restart" }),
    stop: () =>
      new Promise((resolve) => {
        const done = onChange((state) => {
          if (state.phase !== "stopped" && state.phase !== "failed") return;
          done();
          resolve();
        });
        dispatch({ type: "stop" });
        if (current.phase !== "stopped") return;
        done();
        resolve();
      }),
    state: publicState,
    onChange,
    reportExposure: (violations) => dispatch({ type: "exposed", error: exposureReport(violations) }),
    reportDisobedience: (finding) =>
      dispatch({
        type: "exposed",
        error: {
          code: "GATEWAY_CONFIG",
          message: `OpenClaw was stopped because it ${finding} than SmartClaw gave it.`,
          next: "Start it again; when that does not help, go back to the version before on the Status page.",
        },
      }),
  };
}

async function settle(work: Promise<void>): Promise<ErrorReport | null> {
  try {
    await work;
    return null;
  } catch (error) {
    return reportOf(error);
  }
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended in the meantime; its exit is on the way.
  }
}

import type { Listener, Log, Unsubscribe } from "@smartclaw/contracts";
import { judge, noExposure } from "./exposure-core.ts";
import { isLoopback } from "./loopback.ts";
import type { ProcessTree } from "./process-tree.ts";
import { createSocketScanner } from "./socket-scanner.ts";
import type { TreeSocket } from "./tree-socket.ts";

export interface WatchdogDeps {
  /** The gateway's process; null while none runs. */
  readonly pid: () => number | null;
  readonly tree: ProcessTree;
  readonly platform: NodeJS.Platform;
  readonly log: Log;
  /** Called at once, and again at every scan while it lasts. Whoever listens must end the gateway. */
  readonly onViolation: (violations: readonly TreeSocket[]) => void;
  /** The listening sockets, whenever they change. */
  readonly onListeners: (listeners: readonly Listener[]) => void;
  /** A connection to another computer, once each. */
  readonly onOutbound: (connection: TreeSocket) => void;
  /** Milliseconds between scans; by default 3000 on Linux, 5000 where a program has to be run for each. */
  readonly intervalMs?: number;
}

/**
 * Watches the sockets of the gateway's whole process tree.
 * @returns what stops it.
 */
export function startWatchdog(deps: WatchdogDeps): Unsubscribe {
  const scanner = createSocketScanner(deps.platform, deps.tree);
  const interval = deps.intervalMs ?? (deps.platform === "linux" ? 3000 : 5000);
  let state = noExposure;
  let watched: number | null = null;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;

  async function scan(): Promise<void> {
    const pid = deps.pid();
    if (pid !== watched) {
      if (state.listening.size > 0) deps.onListeners([]);
      state = noExposure;
      watched = pid;
    }
    if (pid === null) return;
    const sockets = await scanner.scan(pid);
    if (stopped || deps.pid() !== pid) return;
    const decision = judge(state, sockets, isLoopback);
    state = decision.state;
    if (decision.violations.length > 0) deps.onViolation(decision.violations);
    if (decision.changed) deps.onListeners(decision.listeners);
    for (const connection of decision.outbound) deps.onOutbound(connection);
  }

  const loop = () => {
    void scan()
      .catch((error: unknown) =>
        deps.log.error({ error: String(error) }, "the socket watchdog could not scan"),
      )
      .finally(() => {
        if (stopped) return;
        timer = setTimeout(loop, interval);
        timer.unref();
      });
  };
  loop();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

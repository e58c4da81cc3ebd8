import type { ChildProcess } from "node:child_process";
import { existsSync, openSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { replaceFile } from "@smartclaw/vault";
import { createClient } from "../cli/client.ts";
import { isHeld } from "../daemon/instance-lock.ts";
import { pathsOf } from "../daemon/paths.ts";
import { spawnDaemon } from "../daemon/spawn-daemon.ts";
import { wayBack } from "./choose-core.ts";
import { pointerText, readPointer } from "./pointer.ts";
import { judge, type Sight, watchOf } from "./watch-core.ts";
import type { WatcherOrder } from "./hand-over.ts";

/**
 * Outlives the daemon that is updated: waits for its end, starts the daemon again, which is then the new release, and
 * gives that up when it neither answers nor says that it is trusted. Its code is the old release's.
 */
const lookMs = 1_000;
const askMs = 5_000;
const stopMs = 20_000;
/** OpenClaw is ended with the daemon, and may have a turn to end first. */
const lockMs = 600_000;

const paths = pathsOf(process.env, process.platform);
const order = JSON.parse(readFileSync(0, "utf8")) as WatcherOrder;
const api = createClient(paths.socket);
const say = (text: string): void => void process.stderr.write(`${new Date().toISOString()} ${text}\n`);

function start(): ChildProcess {
  rmSync(paths.stopped, { force: true });
  const child = spawnDaemon({
    command: order.command,
    environment: { ...process.env, ...order.secrets },
    errors: openSync(join(paths.logs, "daemon.err"), "w", 0o600),
  });
  child.on("error", (error) => say(`it could not be started: ${error.message}`));
  return child;
}

const hasExited = ({ exitCode, signalCode, pid }: ChildProcess): boolean =>
  exitCode !== null || signalCode !== null || pid === undefined;

async function look(child: ChildProcess): Promise<Sight> {
  if (hasExited(child))
    return existsSync(paths.stopped) ? { type: "stopped" } : { type: "exited", code: child.exitCode };
  const { live, trial } = readPointer(paths.selfPointer);
  if (trial === null) return { type: live === order.live ? "trusted" : "given-up" };
  try {
    const status = await api.system.status(undefined, { signal: AbortSignal.timeout(askMs) });
    return { type: "answered", version: status.smartclaw.version };
  } catch {
    return { type: "silent" };
  }
}

async function until(condition: () => boolean, ms: number): Promise<boolean> {
  for (const end = Date.now() + ms; Date.now() < end; await sleep(lookMs / 4)) if (condition()) return true;
  return condition();
}

async function end(child: ChildProcess): Promise<void> {
  child.kill("SIGTERM");
  if (!(await until(() => hasExited(child), stopMs))) child.kill("SIGKILL");
  await until(() => !isHeld(paths.lock), stopMs);
}

if (await until(() => !isHeld(paths.lock), lockMs)) {
  let child = start();
  let watch = watchOf(order.version, performance.now());
  watching: for (;;) {
    await sleep(lookMs);
    const sight = await look(child);
    const { verdict, watch: next } = judge(watch, sight, performance.now());
    watch = next;
    switch (verdict) {
      case "look-again":
        break;
      case "start":
        say(`SmartClaw ${order.version} has ended by itself; it is started again`);
        child = start();
        break;
      case "give-up":
        say(`SmartClaw ${order.version} does not work (${sight.type}); the one before is started`);
        await end(child);
        replaceFile(paths.selfPointer, pointerText(wayBack(readPointer(paths.selfPointer))), { mode: 0o600 });
        child = start();
        break watching;
      case "done":
        say(`nothing is left to watch (${sight.type})`);
        break watching;
    }
  }
} else say("the daemon before did not end, so nothing was changed");
process.exit(0);

import { spawn, type ChildProcess } from "node:child_process";
import { Readable } from "node:stream";
import { SmartClawError } from "@smartclaw/contracts";
import { parseGuardReport, type GuardReport } from "../guard/guard-reports.ts";
import { onLines } from "./lines.ts";

/** Everything that it takes to run OpenClaw's gateway once. */
export interface GatewayLaunch {
  /** Program and arguments; the guard's arguments are among them. */
  readonly command: readonly [string, ...string[]];
  /** The whole environment: nothing is inherited. Holds no secret. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly port: number;
  /** The version that must answer. */
  readonly version: string;
}

export interface GatewayLine {
  readonly stream: "stdout" | "stderr";
  readonly text: string;
}

/** The descriptor number that the guard gets; 0 to 2 are the standard streams. */
const guardDescriptor = 3;

/**
 * Starts the gateway as the leader of its own process group, with a pipe to the guard inside it: reports come up,
 * and its end tells the guard that the daemon is gone.
 * @throws SmartClawError GATEWAY_NOT_READY when the program cannot be run.
 */
export function spawnGateway(
  launch: GatewayLaunch,
  marker: string | null,
  listeners: {
    readonly onLine: (line: GatewayLine) => void;
    readonly onRefused: (report: GuardReport) => void;
    readonly onExit: (code: number | null, signal: NodeJS.Signals | null) => void;
  },
): Promise<ChildProcess & { readonly pid: number }> {
  const [program, ...args] = launch.command;
  const [markName, markValue] = marker?.split("=") ?? [];
  const mark = markName !== undefined && markValue !== undefined ? { [markName]: markValue } : {};
  const child = spawn(program, args, {
    cwd: launch.cwd,
    env: { ...launch.env, ...mark, SMARTCLAW_GUARD_FD: String(guardDescriptor) },
    detached: true,
    windowsHide: true,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const [, stdout, stderr, guard] = child.stdio;
  if (stdout) onLines(stdout, (text) => listeners.onLine({ stream: "stdout", text }));
  if (stderr) onLines(stderr, (text) => listeners.onLine({ stream: "stderr", text }));
  if (guard instanceof Readable) {
    onLines(guard, (line) => {
      const report = parseGuardReport(line);
      if (report) listeners.onRefused(report);
    });
  }
  return new Promise((resolve, reject) => {
    child.once("error", (error: NodeJS.ErrnoException) => {
      reject(
        new SmartClawError(
          "GATEWAY_NOT_READY",
          `OpenClaw's program could not be run (${error.code ?? "unknown error"}).`,
          "Install OpenClaw again from the Status page.",
          { cause: error },
        ),
      );
    });
    child.once("spawn", () => {
      const { pid } = child;
      if (pid === undefined) return;
      child.once("exit", listeners.onExit);
      resolve(Object.assign(child, { pid }));
    });
  });
}

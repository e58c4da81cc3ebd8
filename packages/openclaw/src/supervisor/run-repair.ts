import { spawn } from "node:child_process";
import { SmartClawError } from "@smartclaw/contracts";

const timeoutMs = 120_000;

/**
 * Runs OpenClaw's own repair (`openclaw doctor --fix --yes --non-interactive`) and waits for it.
 *
 * @param repair.command program and arguments of `openclaw` itself, as they start the gateway, guard included.
 * @throws SmartClawError GATEWAY_CONFIG when it fails, takes longer than two minutes or `signal` ends it.
 */
export function runRepair(repair: {
  command: readonly [string, ...string[]];
  env: Readonly<Record<string, string>>;
  cwd: string;
  signal: AbortSignal;
}): Promise<void> {
  const { command, env, cwd, signal } = repair;
  const [program, ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args, "doctor", "--fix", "--yes", "--non-interactive"], {
      cwd,
      env,
      stdio: "ignore",
      windowsHide: true,
      timeout: timeoutMs,
      killSignal: "SIGKILL",
      signal,
    });
    const fail = (why: string, cause?: unknown) =>
      reject(
        new SmartClawError(
          "GATEWAY_CONFIG",
          `OpenClaw refuses its configuration or its stored data, and its own repair did not help (${why}).`,
          "Read its last lines with `smartclaw logs --source openclaw`; they name the file or the setting.",
          { cause },
        ),
      );
    child.once("error", (error) => fail(error.name, error));
    child.once("exit", (code, killed) => {
      if (code === 0) resolve();
      else fail(killed === null ? `exit code ${code}` : `signal ${killed}`);
    });
  });
}

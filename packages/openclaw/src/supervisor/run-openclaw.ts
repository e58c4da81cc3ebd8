import { spawn } from "node:child_process";

/** How OpenClaw's own program is started, as for the gateway. */
export interface OpenClawProgram {
  /** Program and arguments of `openclaw` itself, guard included. */
  readonly command: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/**
 * Runs one of OpenClaw's own commands to its end, or for `timeoutMs` at most.
 * @param signal kills it
 * @returns null when it did what it should, else why not
 */
export function runOpenClaw(
  { command, env, cwd }: OpenClawProgram,
  args: readonly string[],
  timeoutMs: number,
  signal: AbortSignal,
): Promise<string | null> {
  const [program, ...before] = command;
  return new Promise((resolve) => {
    const child = spawn(program, [...before, ...args], {
      cwd,
      env,
      stdio: "ignore",
      windowsHide: true,
      timeout: timeoutMs,
      killSignal: "SIGKILL",
      signal,
    });
    child.once("error", (error) => resolve(error.name));
    child.once("exit", (code, killed) => {
      if (code === 0) resolve(null);
      else resolve(killed === null ? `exit code ${code}` : `signal ${killed}`);
    });
  });
}

import { spawn } from "node:child_process";
import { SmartClawError } from "@smartclaw/contracts";

const patienceMs = 120_000;

/** Runs OpenClaw's own repair once, without questions. @throws SmartClawError GATEWAY_CONFIG when it does not help */
export function repairOpenClaw(options: {
  node: string;
  entry: string;
  env: Record<string, string>;
  cwd: string;
  signal: AbortSignal;
}): Promise<void> {
  return new Promise((resolve, reject) => {
    const { node, entry, env, cwd, signal } = options;
    const args = [entry, "doctor", "--fix", "--yes", "--non-interactive"];
    const child = spawn(node, args, {
      env,
      cwd,
      stdio: "ignore",
      signal,
      timeout: patienceMs,
      killSignal: "SIGKILL",
    });
    const fail = (): void =>
      reject(
        new SmartClawError(
          "GATEWAY_CONFIG",
          "OpenClaw refused its configuration or its saved state, and its own repair did not help.",
          "Run `smartclaw doctor`, and look at `smartclaw logs --source openclaw`.",
        ),
      );
    child.once("error", fail);
    child.once("close", (code) => (code === 0 ? resolve() : fail()));
  });
}

import { type ChildProcess, spawn } from "node:child_process";
import { partEnvironment, secretsOnStdin } from "./secret-environment.ts";

/** A crash must not leave the daemon's memory on the disk. */
const withoutCoreDumps =
  process.platform === "win32" ? [] : ["/bin/sh", "-c", 'ulimit -c 0; exec "$@"', "smartclaw"];

/**
 * Starts a daemon that outlives this process. It gets the secret half of the environment through a pipe.
 * @param command Node, its flags, the daemon's program and its arguments
 * @param errors a file descriptor for what it says when it cannot start
 */
export function spawnDaemon(deps: {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly errors: number;
}): ChildProcess {
  const { plain, secret } = partEnvironment(deps.environment);
  const [program, ...args] = [...withoutCoreDumps, ...deps.command, secretsOnStdin];
  const child = spawn(program, args, {
    detached: true,
    env: plain,
    stdio: ["pipe", "ignore", deps.errors],
  });
  child.stdin?.on("error", () => {});
  child.stdin?.end(JSON.stringify(secret));
  child.unref();
  return child;
}

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/**
 * Starts a program of this folder that prints its port and runs until its input ends, as the daemon is started. A
 * collector with threads of its own would take the core of the process that it is measured beside.
 */
export function startBeside(
  name: string,
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = process.env,
): { port: Promise<number>; end: () => void; ended: Promise<unknown> } {
  const program = fileURLToPath(new URL(name, import.meta.url));
  const child = spawn(process.execPath, ["--single-threaded-gc", program, ...args], {
    env,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const line = new Promise<string>((resolve) =>
    createInterface({ input: child.stdout }).once("line", resolve),
  );
  const ended = new Promise((resolve) => child.once("close", resolve));
  return { port: line.then(Number), end: () => child.stdin.end(), ended };
}

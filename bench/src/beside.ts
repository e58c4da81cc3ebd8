import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { daemonNodeFlags } from "../../apps/desktop/src/daemon/node-flags.ts";

/** Starts a program of this folder that prints its port and runs until its input ends, with the daemon's Node flags. */
export function startBeside(
  name: string,
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = process.env,
): { port: Promise<number>; end: () => void; ended: Promise<unknown> } {
  const program = fileURLToPath(new URL(name, import.meta.url));
  const child = spawn(process.execPath, [...daemonNodeFlags, program, ...args], {
    env,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const line = new Promise<string>((resolve) =>
    createInterface({ input: child.stdout }).once("line", resolve),
  );
  const ended = new Promise((resolve) => child.once("close", resolve));
  return { port: line.then(Number), end: () => child.stdin.end(), ended };
}

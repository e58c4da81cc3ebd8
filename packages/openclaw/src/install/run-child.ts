import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { z } from "zod";
import { type InstallProgress, installProgress } from "./messages.ts";

/** A program that takes its order as one line of JSON, and says its progress and then its answer in such lines. */
export interface ChildProgram {
  /** Its argv. */
  readonly command: readonly [string, ...string[]];
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * Runs a program until it is gone, and kills it when the signal aborts. Never rejects.
 * @returns its answer; null when it ended without one
 */
export function runChild<Answer>(
  { command, environment }: ChildProgram,
  order: object,
  answers: z.ZodType<Answer>,
  onProgress: (progress: InstallProgress) => void,
  signal: AbortSignal,
): Promise<Answer | null> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(null);
    const [program, ...args] = command;
    const child = spawn(program, args, { env: environment, stdio: ["pipe", "pipe", "ignore"] });
    const kill = (): void => void child.kill("SIGKILL");
    signal.addEventListener("abort", kill, { once: true });
    let answer: Answer | null = null;
    const end = (): void => {
      signal.removeEventListener("abort", kill);
      resolve(answer);
    };
    createInterface({ input: child.stdout }).on("line", (line) => {
      const said = parseJson(line);
      const progress = installProgress.safeParse(said);
      if (progress.success) onProgress(progress.data);
      else answer = answers.safeParse(said).data ?? answer;
    });
    // One that could not be started has no end.
    child.once("error", () => child.pid === undefined && end());
    child.once("close", end);
    child.stdin.on("error", () => {});
    child.stdin.write(`${JSON.stringify(order)}\n`);
  });
}

/** The last line of a program that was killed can be cut off. */
function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

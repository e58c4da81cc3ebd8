import { spawn } from "node:child_process";

/**
 * Runs a program to its end.
 * @param {readonly string[]} command
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, show?: boolean, timeoutMs?: number, onLine?: (line: string) => void }} [options]
 *   `show`: its output is ours; otherwise it is kept and given back.
 * @returns {Promise<{ code: number, output: string }>} code 127 when it could not be started
 */
export function run(command, options = {}) {
  return new Promise((resolve) => {
    const [program, ...args] = command;
    const child = spawn(program ?? "", args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ["ignore", options.show ? "inherit" : "pipe", options.show ? "inherit" : "pipe"],
      // npm is a script on Windows, which only a shell can start. Our arguments are constants.
      shell: process.platform === "win32" && program === "npm",
    });
    let output = "";
    let rest = "";
    const keep = (/** @type {Buffer} */ chunk) => {
      output += chunk;
      if (options.onLine === undefined) return;
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) options.onLine(line);
    };
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
    const timer =
      options.timeoutMs === undefined
        ? undefined
        : setTimeout(() => child.kill("SIGKILL"), options.timeoutMs);
    child.on("error", (error) => {
      clearTimeout(timer);
      resolve({ code: 127, output: error.message });
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({
        code: code ?? 1,
        output: signal === "SIGKILL" ? `${output}\n(stopped: it took too long)` : output,
      });
    });
  });
}

/** The last lines of a program's output, for an error. @param {string} output @param {number} count */
export function tail(output, count) {
  return output.trimEnd().split("\n").slice(-count).join("\n");
}

/** Says what is going on; never on stdout, which belongs to the command's own answer. @param {string} text */
export function say(text) {
  process.stderr.write(`${text}\n`);
}

/** A reason to stop that is the user's to read; no stack. */
export class Stop extends Error {}

/** Runs a script's main function. @param {() => Promise<number>} work */
export async function main(work) {
  try {
    process.exitCode = await work();
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    say(error.message);
    process.exitCode = 1;
  }
}

import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import type { Machine } from "./machine.ts";

/** PowerShell takes seconds to start. */
const timeoutMs = 20_000;

/** The machine that this runs on. @param signal nobody waits for an answer any more */
export function createMachine(signal: AbortSignal): Machine {
  const options = { encoding: "utf8", timeout: timeoutMs, windowsHide: true, signal } as const;
  return {
    run: (program, args) =>
      new Promise((resolve, reject) => {
        execFile(program, args, options, (error, said) => (error === null ? resolve(said) : reject(error)));
      }),
    readText: (file) => readFile(file, "utf8"),
    list: (folder) => readdir(folder),
  };
}

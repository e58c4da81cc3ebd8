import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { parseLsof } from "./lsof.ts";
import { parseNetstat } from "./netstat.ts";
import type { ProcessTree } from "./process-tree.ts";
import type { SocketScanner } from "./tree-socket.ts";

const run = promisify(execFile);
const timeout = 10_000;

/** macOS, by `lsof`. Written from its manual page; not run on a Mac yet. */
export function createMacScanner(deps: { tree: ProcessTree }): SocketScanner {
  return {
    async scan(root) {
      const pids = (await deps.tree.members(root)).map((entry) => entry.pid);
      if (pids.length === 0) return [];
      const args = ["-nP", "-iTCP", "-iUDP", "-a", "-p", pids.join(","), "-FpcPnT"];
      return parseLsof(await output("/usr/sbin/lsof", args));
    },
  };
}

/** Windows, by `netstat`. The process table is read again only when an unknown process holds a socket. Not run on Windows yet. */
export function createWindowsScanner(deps: { tree: ProcessTree }): SocketScanner {
  const names = new Map<number, string | null>();
  return {
    async scan(root) {
      const rows = parseNetstat(await output("netstat.exe", ["-ano"]));
      const holders = new Set(rows.map((row) => row.pid));
      for (const pid of names.keys()) if (!holders.has(pid)) names.delete(pid);
      if ([...holders].some((pid) => !names.has(pid))) {
        const members = await deps.tree.members(root);
        const tree = new Map(members.map((entry) => [entry.pid, entry.name]));
        for (const pid of holders) names.set(pid, tree.get(pid) ?? null);
      }
      return rows.flatMap((row) => {
        const name = names.get(row.pid);
        return typeof name === "string" ? [{ ...row, process: name }] : [];
      });
    },
  };
}

/** `lsof` ends with status 1 when some of the processes have no socket; what it printed is still right. */
async function output(command: string, args: readonly string[]): Promise<string> {
  try {
    return (await run(command, [...args], { timeout, windowsHide: true, maxBuffer: 16 << 20 })).stdout;
  } catch (error) {
    if (error instanceof Error && "stdout" in error && typeof error.stdout === "string") return error.stdout;
    throw error;
  }
}

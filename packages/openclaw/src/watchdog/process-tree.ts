import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { createProcessList, readProcess } from "./linux-processes.ts";
import { parseCimProcesses, parsePs, selectTree, type ProcessEntry } from "./process-table.ts";

const run = promisify(execFile);
const toolOptions = { timeout: 10_000, windowsHide: true, maxBuffer: 16 << 20 };
const killRounds = 20;

/** Finds and ends everything that a process started. */
export interface ProcessTree {
  /** The environment entry by which members can be recognised; see `createProcessTree`. */
  readonly marker: string | null;
  /** The process as it is now; null when there is none. */
  identify(pid: number): Promise<ProcessEntry | null>;
  /** Living members of the tree under `root`, also those that left its process group or lost their parent. */
  members(root: number): Promise<readonly ProcessEntry[]>;
  /** SIGKILL to every member until none is left. Returns those that outlived every round. */
  kill(root: number): Promise<readonly ProcessEntry[]>;
}

/**
 * @param deps.marker an environment entry `NAME=value` that only this tree carries; finds processes that cut every
 *   tie of parenthood, group and session. Used on Linux.
 */
export function createProcessTree(deps: { platform: NodeJS.Platform; marker: string | null }): ProcessTree {
  const list = deps.platform === "linux" ? createProcessList(deps.marker) : null;
  let last: { root: number; members: readonly ProcessEntry[] } = { root: 0, members: [] };

  async function members(root: number): Promise<readonly ProcessEntry[]> {
    const { table, marked, changed } = list
      ? list.refresh()
      : { table: await listByTool(deps.platform), marked: new Set<number>(), changed: true };
    const before = last.root === root ? last.members : [];
    const known = new Map(before.map((entry) => [entry.pid, entry.start]));
    const unchanged = !changed && last.root === root;
    const tree = unchanged ? before : selectTree(table, root, known, (pid) => marked.has(pid));
    last = { root, members: tree.filter((entry) => entry.pid !== process.pid && isAlive(entry)) };
    return last.members;
  }

  async function identify(pid: number): Promise<ProcessEntry | null> {
    if (list) return readProcess(pid);
    return (await listByTool(deps.platform)).find((entry) => entry.pid === pid) ?? null;
  }

  /** A listed process may be dead and not collected yet, and its number may have passed to a stranger. */
  function isAlive(entry: ProcessEntry): boolean {
    return list === null || readProcess(entry.pid)?.start === entry.start;
  }

  return {
    marker: deps.marker,
    identify,
    members,
    async kill(root) {
      let left = await members(root);
      for (let round = 0; round < killRounds && left.length > 0; round += 1) {
        for (const entry of left) killProcess(entry.pid);
        await new Promise((resolve) => setTimeout(resolve, 20 * (round + 1)));
        left = await members(root);
      }
      return left;
    },
  };
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended in the meantime.
  }
}

/** macOS and Windows; written from the tools' documentation, not run there yet. */
async function listByTool(platform: NodeJS.Platform): Promise<readonly ProcessEntry[]> {
  if (platform === "win32") {
    const command =
      "Get-CimInstance Win32_Process | Select-Object ProcessId,ParentProcessId,CreationDate,Name | ConvertTo-Csv -NoTypeInformation";
    const args = ["-NoProfile", "-NonInteractive", "-Command", command];
    return parseCimProcesses((await run("powershell.exe", args, toolOptions)).stdout);
  }
  const args = ["-axo", "pid=,ppid=,pgid=,lstart=,comm="];
  return parsePs((await run("/bin/ps", args, { ...toolOptions, env: { LC_ALL: "C" } })).stdout);
}

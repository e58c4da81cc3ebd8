import { readdirSync, readFileSync } from "node:fs";
import { parseProcStat, type ProcessEntry } from "./process-table.ts";

/** The process `pid` as it is now; null when there is none, or when it is dead and not yet collected. */
export function readProcess(pid: number): ProcessEntry | null {
  try {
    return parseProcStat(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return null;
  }
}

/** Whether the process was started with the environment entry `NAME=value`. */
function hasEnvironment(pid: number, entry: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").includes(entry);
  } catch {
    // Another user's process, or one that ended; neither can be ours.
    return false;
  }
}

/**
 * The process table, read anew only for processes that were not there before. Entries keep the parent that a
 * process was first seen with, so a child whose parent died is still known as that parent's child.
 */
export function createProcessList(marker: string | null): {
  refresh(): { table: readonly ProcessEntry[]; marked: ReadonlySet<number>; changed: boolean };
} {
  const entries = new Map<number, ProcessEntry>();
  const marked = new Set<number>();
  return {
    refresh() {
      const present = new Set<number>();
      let changed = false;
      for (const name of readdirSync("/proc")) {
        const pid = Number(name);
        if (!Number.isInteger(pid)) continue;
        present.add(pid);
        if (entries.has(pid)) continue;
        const entry = readProcess(pid);
        if (entry === null) continue;
        entries.set(pid, entry);
        if (marker !== null && hasEnvironment(pid, marker)) marked.add(pid);
        changed = true;
      }
      for (const pid of entries.keys()) {
        if (present.has(pid)) continue;
        entries.delete(pid);
        marked.delete(pid);
        changed = true;
      }
      return { table: [...entries.values()], marked, changed };
    },
  };
}

/** A process as the operating system lists it. `start` tells it from a later process with the same number. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  readonly start: string;
  readonly name: string;
}

/**
 * Reads `/proc/<pid>/stat` (proc_pid_stat(5)); the name stands in parentheses and may itself hold any character.
 * Null for a process that is dead and only waits to be collected by its parent: nothing of it runs.
 */
export function parseProcStat(text: string): ProcessEntry | null {
  const open = text.indexOf("(");
  const close = text.lastIndexOf(")");
  if (open < 0 || close < open) return null;
  const fields = text.slice(close + 2).split(" ");
  if (fields[0] === "Z" || fields[0] === "X") return null;
  const [parent, group, session, start] = [fields[1], fields[2], fields[3], fields[19]];
  if (parent === undefined || group === undefined || session === undefined || start === undefined)
    return null;
  return {
    pid: Number(text.slice(0, open).trim()),
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
    start,
    name: text.slice(open + 1, close),
  };
}

/** Reads `ps -axo pid=,ppid=,pgid=,lstart=,comm=` of macOS and the BSDs. */
export function parsePs(text: string): readonly ProcessEntry[] {
  const row = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\w{3}\s+\w{3}\s+\d+\s+[\d:]{8}\s+\d{4})\s+(.+)$/;
  return text.split("\n").flatMap((line) => {
    const [, pid, parent, group, start, command] = row.exec(line) ?? [];
    if (pid === undefined || start === undefined || command === undefined) return [];
    const name = command.trim().split("/").at(-1) ?? command;
    return [{ pid: Number(pid), parent: Number(parent), group: Number(group), session: 0, start, name }];
  });
}

/** Reads the CSV of `Get-CimInstance Win32_Process | Select ProcessId,ParentProcessId,CreationDate,Name`. */
export function parseCimProcesses(text: string): readonly ProcessEntry[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const [, pid, parent, start, name] = /^"(\d+)","(\d+)","([^"]*)","([^"]*)"$/.exec(line.trim()) ?? [];
    if (pid === undefined || start === undefined || name === undefined) return [];
    return [{ pid: Number(pid), parent: Number(parent), group: 0, session: 0, start, name }];
  });
}

/**
 * The processes that belong to the tree under `root`: descendants, members of a process group or session that a
 * tree process leads, those in `known` (seen in the tree before, whatever became of their parent), and those that
 * `marked` recognises. Descendants of all of these too.
 */
export function selectTree(
  table: readonly ProcessEntry[],
  root: number,
  known: ReadonlyMap<number, string>,
  marked: (pid: number) => boolean,
): readonly ProcessEntry[] {
  // 0 stands for "none" in every column, and all processes descend from 1.
  if (root <= 1) return [];
  const chosen = new Map<number, ProcessEntry>();
  const rest = new Set(table);
  for (const entry of rest) {
    const seen = known.get(entry.pid) === entry.start;
    if (entry.pid === root || seen || marked(entry.pid)) {
      chosen.set(entry.pid, entry);
      rest.delete(entry);
    }
  }
  const belongs = (entry: ProcessEntry) =>
    chosen.has(entry.parent) ||
    entry.group === root ||
    chosen.has(entry.group) ||
    entry.session === root ||
    chosen.has(entry.session);
  for (let grew = true; grew;) {
    grew = false;
    for (const entry of rest) {
      if (!belongs(entry)) continue;
      chosen.set(entry.pid, entry);
      rest.delete(entry);
      grew = true;
    }
  }
  return [...chosen.values()];
}

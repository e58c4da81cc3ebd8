import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { endianness } from "node:os";
import { readProcess } from "./linux-processes.ts";
import type { ProcessEntry } from "./process-table.ts";
import type { ProcessTree } from "./process-tree.ts";
import { parseProcNet, type ProcNetRow } from "./proc-net.ts";
import type { SocketScanner, TreeSocket } from "./tree-socket.ts";
import { isLoopback } from "./loopback.ts";

type ReadTable = (path: string) => string;

/**
 * Watches the socket descriptors of the tree's processes, and reads the kernel's socket tables only when one of
 * them is new or may still change: the tables cost milliseconds on machines with much memory, the descriptors
 * microseconds. Everything read is kernel memory, so the calls are synchronous: no disk can make them wait, and
 * the thread pool would cost more than the reads.
 */
export function createLinuxScanner(deps: {
  readonly tree: ProcessTree;
  /** Reads one of the kernel's tables; empty when it is not there. */
  readonly readTable: ReadTable;
}): SocketScanner {
  const { readTable } = deps;
  /** What each socket is; null for those that have no address (Unix sockets, netlink). */
  const settled = new Map<string, ProcNetRow | null>();

  return {
    async scan(root) {
      const held = new Map<string, ProcessEntry>();
      for (const member of await deps.tree.members(root)) {
        for (const inode of heldSockets(member.pid)) if (!held.has(inode)) held.set(inode, member);
      }
      for (const inode of settled.keys()) if (!held.has(inode)) settled.delete(inode);
      const open = [...held.keys()].filter((inode) => mayChange(settled.get(inode)));
      if (open.length > 0) settle(root, open, settled, readTable);
      return [...held].flatMap(([inode, member]) => {
        const row = settled.get(inode);
        return row ? describe(row, member) : [];
      });
    },
  };
}

/** Unknown sockets may be about to listen; an unconnected UDP socket may be about to be connected. */
function mayChange(row: ProcNetRow | null | undefined): boolean {
  if (row === undefined) return true;
  return row !== null && row.state === "unconnected" && !isLoopback(row.address);
}

function settle(
  root: number,
  open: readonly string[],
  settled: Map<string, ProcNetRow | null>,
  readTable: ReadTable,
): void {
  const rows = new Map(readTables(root, readTable).map((row) => [row.inode, row]));
  const others = open.every((inode) => rows.has(inode)) ? new Set<string>() : addressless(root, readTable);
  for (const inode of open) {
    const row = rows.get(inode);
    if (row) settled.set(inode, row);
    else if (others.has(inode)) settled.set(inode, null);
  }
}

function readTables(root: number, readTable: ReadTable): readonly ProcNetRow[] {
  const littleEndian = endianness() === "LE";
  const read = (name: string, protocol: "tcp" | "udp") =>
    parseProcNet(readTable(`/proc/${root}/net/${name}`), protocol, littleEndian);
  return [...read("tcp", "tcp"), ...read("tcp6", "tcp"), ...read("udp", "udp"), ...read("udp6", "udp")];
}

/** Inodes of Unix (seventh column) and netlink (tenth column) sockets. */
function addressless(root: number, readTable: ReadTable): ReadonlySet<string> {
  const unix = readTable(`/proc/${root}/net/unix`).split("\n");
  const netlink = readTable(`/proc/${root}/net/netlink`).split("\n");
  const inodes = [
    ...unix.map((line) => line.trim().split(/\s+/)[6]),
    ...netlink.map((line) => line.trim().split(/\s+/)[9]),
  ];
  return new Set(inodes.filter((inode) => inode !== undefined));
}

/** A table is not there when its protocol is switched off, or when the process has ended. */
export function readIfThere(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

function describe(row: ProcNetRow, { pid, name }: ProcessEntry): readonly TreeSocket[] {
  const { protocol, inode } = row;
  const listening =
    protocol === "tcp" ? row.state === "listening" : row.state === "unconnected" && row.port !== 0;
  if (listening) {
    // A process is listed when it is forked, and takes its program's name only afterwards.
    const program = isLoopback(row.address) ? name : (readProcess(pid)?.name ?? name);
    return [
      { key: inode, pid, process: program, protocol, kind: "listen", address: row.address, port: row.port },
    ];
  }
  if (row.state !== "established" && row.state !== "connecting") return [];
  const there = { address: row.remoteAddress, port: row.remotePort };
  return [{ key: inode, pid, process: name, protocol, kind: "outbound", ...there }];
}

/** The inodes of the sockets that a process holds. */
export function heldSockets(pid: number): readonly string[] {
  const folder = `/proc/${pid}/fd`;
  const inodes: string[] = [];
  try {
    for (const name of readdirSync(folder)) {
      const inode = /^socket:\[(\d+)\]$/.exec(linkTarget(`${folder}/${name}`))?.[1];
      if (inode !== undefined) inodes.push(inode);
    }
  } catch {
    // The process ended between the listing and now.
  }
  return inodes;
}

function linkTarget(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

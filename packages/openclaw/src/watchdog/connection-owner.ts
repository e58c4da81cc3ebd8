import { execFile } from "node:child_process";
import { endianness } from "node:os";
import { promisify } from "node:util";
import { heldSockets, readIfThere } from "./linux-sockets.ts";
import { parseLsof } from "./lsof.ts";
import type { ProcessEntry } from "./process-table.ts";
import type { ProcessTree } from "./process-tree.ts";
import { parseProcNet } from "./proc-net.ts";

const run = promisify(execFile);
const toolOptions = { timeout: 5_000, windowsHide: true };

/** A connection on loopback, by its two ports. */
export interface LoopbackConnection {
  readonly clientPort: number;
  readonly serverPort: number;
}

/**
 * The member of the tree under `root` that opened the connection; null when it is none of them. A process that
 * ended already is not found, so it is null too.
 */
export async function ownerOf(
  connection: LoopbackConnection,
  deps: { tree: ProcessTree; root: number; platform: NodeJS.Platform },
): Promise<ProcessEntry | null> {
  const members = await deps.tree.members(deps.root);
  if (deps.platform === "linux") return ownerOnLinux(connection, members);
  const pids = deps.platform === "win32" ? await pidsByNetstat(connection) : await pidsByLsof(connection);
  return members.find((member) => pids.includes(member.pid)) ?? null;
}

function ownerOnLinux(
  { clientPort, serverPort }: LoopbackConnection,
  members: readonly ProcessEntry[],
): ProcessEntry | null {
  for (const name of ["tcp", "tcp6"]) {
    const rows = parseProcNet(readIfThere(`/proc/self/net/${name}`), "tcp", endianness() === "LE");
    const row = rows.find((one) => one.port === clientPort && one.remotePort === serverPort);
    if (row !== undefined)
      return members.find((member) => heldSockets(member.pid).includes(row.inode)) ?? null;
  }
  return null;
}

/** macOS; not run there yet. Both ends are listed; the client's is the one that leads to the server's port. */
async function pidsByLsof({ clientPort, serverPort }: LoopbackConnection): Promise<readonly number[]> {
  const { stdout } = await run("/usr/sbin/lsof", ["-nP", `-iTCP:${clientPort}`, "-FpcPnT"], toolOptions);
  return parseLsof(stdout)
    .filter((socket) => socket.kind === "outbound" && socket.port === serverPort)
    .map((socket) => socket.pid);
}

/** Windows; not run there yet. Columns: protocol, local address, foreign address, state, process. */
async function pidsByNetstat({ clientPort, serverPort }: LoopbackConnection): Promise<readonly number[]> {
  const { stdout } = await run("netstat.exe", ["-ano", "-p", "TCP"], toolOptions);
  return stdout.split(/\r?\n/).flatMap((line) => {
    const [, local, foreign, , pid] = line.trim().split(/\s+/);
    const ours = local?.endsWith(`:${clientPort}`) === true && foreign?.endsWith(`:${serverPort}`) === true;
    return ours ? [Number(pid)] : [];
  });
}

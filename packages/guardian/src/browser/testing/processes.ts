import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** All processes that a process of this computer started, and those started by them, as far as they are there. */
export function treeBelow(root: number): readonly number[] {
  const parents = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const stat = read(`/proc/${name}/stat`);
      // The name in brackets may hold anything; the parent is the second word after it.
      const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
      return stat === "" ? [] : [{ pid: Number(name), parent }];
    });
  const found: number[] = [];
  const look = (pid: number): void => {
    for (const one of parents.filter(({ parent }) => parent === pid)) {
      found.push(one.pid);
      look(one.pid);
    }
  };
  look(root);
  return found;
}

export function isThere(pid: number): boolean {
  const stat = read(`/proc/${pid}/stat`);
  return stat !== "" && !/\) Z /.test(stat);
}

export function commandOf(pid: number): string {
  return read(`/proc/${pid}/cmdline`).replaceAll("\0", " ");
}

/** Ports on which anything listens in the network of a process. */
export function listeningPorts(pid: number): readonly number[] {
  return ["tcp", "tcp6"].flatMap((name) =>
    rows(`/proc/${pid}/net/${name}`).flatMap(([, local = "", , state]) =>
      state === "0A" ? [portOf(local)] : [],
    ),
  );
}

/** Names of the network's own devices. */
export function networkDevices(pid: number): readonly string[] {
  return [...read(`/proc/${pid}/net/dev`).matchAll(/^\s*(\S+):/gm)].map(([, name = ""]) => name);
}

export function networkOf(pid: number | "self"): string {
  return readlinkSync(`/proc/${pid}/ns/net`);
}

/** Whether this very process opened a connection on loopback. */
export async function isOwnConnection(connection: {
  clientPort: number;
  serverPort: number;
}): Promise<boolean> {
  const row = rows("/proc/self/net/tcp").find(
    ([, local = "", remote = ""]) =>
      portOf(local) === connection.clientPort && portOf(remote) === connection.serverPort,
  );
  return readdirSync("/proc/self/fd").some((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === `socket:[${row?.[9]}]`;
    } catch {
      return false;
    }
  });
}

function rows(file: string): readonly (readonly string[])[] {
  return read(file)
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/));
}

function portOf(address: string): number {
  return Number.parseInt(address.split(":")[1] ?? "", 16);
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

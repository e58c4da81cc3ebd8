import type { TreeSocket } from "./tree-socket.ts";

/**
 * Reads `netstat -ano` (Windows). State names are translated by Windows, so a TCP row counts as listening when its
 * foreign address is unspecified with port 0. The program's name is not in this output.
 */
export function parseNetstat(text: string): readonly Omit<TreeSocket, "process">[] {
  return text.split(/\r?\n/).flatMap((line): Omit<TreeSocket, "process">[] => {
    const fields = line.trim().split(/\s+/);
    const protocol = fields[0] === "TCP" ? "tcp" : fields[0] === "UDP" ? "udp" : null;
    const [local, remote, pid] = [endpoint(fields[1]), endpoint(fields[2]), Number(fields.at(-1))];
    if (protocol === null || local === null || !Number.isInteger(pid) || pid <= 0) return [];
    const key = `${pid}/${protocol}/${fields[1]}/${fields[2]}`;
    if (remote === null || remote.port === 0) return [{ key, pid, protocol, kind: "listen", ...local }];
    return [{ key, pid, protocol, kind: "outbound", ...remote }];
  });
}

function endpoint(text: string | undefined): { address: string; port: number } | null {
  const [, address, port] = /^\[?([0-9a-fA-F.:]+?)(?:%\d+)?\]?:(\d+)$/.exec(text ?? "") ?? [];
  return address === undefined || port === undefined ? null : { address, port: Number(port) };
}

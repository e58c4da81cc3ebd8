import type { TreeSocket } from "./tree-socket.ts";

/**
 * Reads `lsof -nP -iTCP -iUDP -F pcPnT` (macOS): one field a line, `p` process, `c` command, then for each
 * descriptor `f`, `P` protocol, `n` name and `TST=` state. A name is `address:port` or `local->remote`.
 */
export function parseLsof(text: string): readonly TreeSocket[] {
  const sockets: TreeSocket[] = [];
  let pid = 0;
  let command = "";
  let file: { protocol?: "tcp" | "udp"; name?: string; state?: string } = {};
  const finish = () => {
    const socket = toSocket(pid, command, file);
    if (socket) sockets.push(socket);
    file = {};
  };
  for (const line of text.split("\n")) {
    const value = line.slice(1);
    if (line.startsWith("p")) {
      finish();
      pid = Number(value);
    } else if (line.startsWith("c")) command = value;
    else if (line.startsWith("f")) finish();
    else if (line.startsWith("P")) file.protocol = value === "UDP" ? "udp" : "tcp";
    else if (line.startsWith("n")) file.name = value;
    else if (line.startsWith("TST=")) file.state = line.slice(4);
  }
  finish();
  return sockets;
}

function toSocket(
  pid: number,
  process: string,
  file: { protocol?: "tcp" | "udp"; name?: string; state?: string },
): TreeSocket | null {
  const { protocol, name, state } = file;
  if (protocol === undefined || name === undefined) return null;
  const [local = "", remote] = name.split("->");
  const listening = protocol === "tcp" ? state === "LISTEN" : remote === undefined;
  if (!listening && remote === undefined) return null;
  const place = endpoint(listening ? local : (remote ?? ""));
  if (place === null) return null;
  const kind = listening ? "listen" : "outbound";
  return { key: `${pid}/${protocol}/${name}`, pid, process, protocol, kind, ...place };
}

/** `*` is every address; it is reported as the unspecified one. */
function endpoint(text: string): { address: string; port: number } | null {
  const [, address, port] = /^\[?([^\]]+?)\]?:(\d+)$/.exec(text) ?? [];
  if (address === undefined || port === undefined) return null;
  return { address: address === "*" ? "0.0.0.0" : address, port: Number(port) };
}

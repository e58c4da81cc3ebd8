/** One row of `/proc/<pid>/net/{tcp,tcp6,udp,udp6}`. */
export interface ProcNetRow {
  readonly protocol: "tcp" | "udp";
  readonly address: string;
  readonly port: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly state: "established" | "connecting" | "listening" | "unconnected" | "other";
  readonly inode: string;
}

/** Socket states as the kernel numbers them (include/net/tcp_states.h); UDP borrows TCP_CLOSE for "unconnected". */
const states: Readonly<Record<string, ProcNetRow["state"]>> = {
  "01": "established",
  "02": "connecting",
  "07": "unconnected",
  "0A": "listening",
};

/**
 * Reads the kernel's socket table (proc(5)). Rows that do not have its form are left out.
 * Addresses are in host byte order by 32-bit words; `littleEndian` is that order.
 */
export function parseProcNet(
  text: string,
  protocol: "tcp" | "udp",
  littleEndian = true,
): readonly ProcNetRow[] {
  const rows: ProcNetRow[] = [];
  for (const line of text.split("\n").slice(1)) {
    const fields = line.trim().split(/\s+/);
    const [local, remote] = [endpoint(fields[1], littleEndian), endpoint(fields[2], littleEndian)];
    const [state, inode] = [fields[3], fields[9]];
    if (local === null || remote === null || state === undefined || inode === undefined) continue;
    rows.push({
      protocol,
      address: local.address,
      port: local.port,
      remoteAddress: remote.address,
      remotePort: remote.port,
      state: states[state] ?? "other",
      inode,
    });
  }
  return rows;
}

function endpoint(
  field: string | undefined,
  littleEndian: boolean,
): { address: string; port: number } | null {
  const match = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/.exec(field ?? "");
  const [, hex, port] = match ?? [];
  if (hex === undefined || port === undefined) return null;
  const bytes = Array.from({ length: hex.length / 2 }, (_, at) => {
    const within = littleEndian ? (at & ~3) + 3 - (at & 3) : at;
    return Number.parseInt(hex.slice(within * 2, within * 2 + 2), 16);
  });
  return { address: bytes.length === 4 ? bytes.join(".") : ipv6(bytes), port: Number.parseInt(port, 16) };
}

/** Canonical text of RFC 5952, with the mapped form kept readable as `::ffff:a.b.c.d`. */
function ipv6(bytes: readonly number[]): string {
  const mapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
  if (mapped) return `::ffff:${bytes.slice(12).join(".")}`;
  const groups = Array.from({ length: 8 }, (_, at) =>
    (((bytes[at * 2] ?? 0) << 8) | (bytes[at * 2 + 1] ?? 0)).toString(16),
  );
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}

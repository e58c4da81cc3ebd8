import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CannotRun } from "./proof.ts";

/**
 * Runs `program` (a file beside this one) in a network namespace of its own, which has loopback, a way out that leads
 * nowhere, and a resolver that writes every question down. What it prints on stdout as JSON comes back.
 */
export async function runIsolated<T>(
  program: string,
  environment: Readonly<Record<string, string>>,
): Promise<T> {
  if (process.platform !== "linux") throw new CannotRun("only Linux has network namespaces");
  const folder = mkdtempSync(join(tmpdir(), "smartclaw-isolated-"));
  const resolver = join(folder, "resolv.conf");
  writeFileSync(resolver, "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n");
  // v0 is the way out; every packet that takes it arrives at v1, where it is counted and goes no further.
  const script = `set -e
mount --bind ${resolver} /etc/resolv.conf
ip link set lo up
ip link add v0 type veth peer name v1
for name in v0 v1; do echo 1 > /proc/sys/net/ipv6/conf/$name/disable_ipv6; ip link set $name up; done
ip addr add 198.51.100.2/24 dev v0
ip route add default via 198.51.100.1 dev v0
ip neigh add 198.51.100.1 lladdr 02:00:00:00:00:01 dev v0
exec "$0" "$@"`;
  const user = process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"];
  const file = fileURLToPath(new URL(program, import.meta.url));
  const child = spawn(
    "unshare",
    [...user, "--net", "--mount", "--", "sh", "-c", script, process.execPath, file],
    {
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let output = "";
  let faults = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (faults += chunk.toString()));
  const code = await new Promise<number>((resolve) => {
    child.once("error", () => resolve(127));
    child.once("close", (status) => resolve(status ?? 1));
  });
  rmSync(folder, { recursive: true, force: true });
  const result = output.trim().split("\n").at(-1) ?? "";
  if (result.startsWith("{")) return JSON.parse(result) as T;
  throw new CannotRun(
    `a network namespace could not be made (${code}): ${faults.trim().split("\n").at(-1) ?? ""}`,
  );
}

/** What tried to leave. */
interface Recorder {
  /** Names that were asked for, in order. */
  readonly names: string[];
  /** Packets that took the way out, of any protocol. */
  packets(): number;
  close(): void;
}

/** Inside the namespace: answers every name with `answerFor(name)` (or "no such name") and writes it down. */
export async function startRecorder(answerFor: (name: string) => string | null): Promise<Recorder> {
  const names: string[] = [];
  const socket = createSocket("udp4");
  socket.on("message", (query, peer) => {
    const { name, end, type } = readQuestion(query);
    names.push(name);
    const address = type === 1 ? answerFor(name) : null;
    const header = Buffer.from(query.subarray(0, 12));
    header.writeUInt16BE(address === null && answerFor(name) === null ? 0x81_83 : 0x81_80, 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(address === null ? 0 : 1, 6);
    header.writeUInt32BE(0, 8);
    const record =
      address === null
        ? Buffer.alloc(0)
        : Buffer.concat([
            Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4]),
            Buffer.from(address.split(".").map(Number)),
          ]);
    socket.send(Buffer.concat([header, query.subarray(12, end), record]), peer.port, peer.address);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(53, "127.0.0.1", resolve);
  });
  const before = arrived();
  return { names, packets: () => arrived() - before, close: () => socket.close() };
}

function arrived(): number {
  const line = readFileSync("/proc/net/dev", "utf8")
    .split("\n")
    .find((text) => text.trim().startsWith("v1:"));
  return Number(line?.split(":")[1]?.trim().split(/\s+/)[1] ?? 0);
}

/** RFC 1035, section 4.1.2. */
function readQuestion(query: Buffer): { name: string; end: number; type: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.subarray(at + 1, at + 1 + length).toString("latin1"));
    at += 1 + length;
  }
  return { name: labels.join("."), end: at + 5, type: query.readUInt16BE(at + 1) };
}

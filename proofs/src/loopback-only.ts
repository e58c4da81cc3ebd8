import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { CannotRun, type Proof } from "./proof.ts";
import { startHouse } from "./smartclaw.ts";

interface Listening {
  readonly address: string;
  readonly port: number;
  readonly pid: number;
}

/** OpenClaw and SmartClaw listen on this computer only, and what would not is stopped. */
export const loopbackOnly: Proof = {
  id: "loopback-only",
  title: "OpenClaw listens on 127.0.0.1 only",
  limit:
    "Shows the sockets of this run; a program with administrator rights could forward a port from outside, which nothing on this level can see.",
  async run() {
    if (process.platform !== "linux") throw new CannotRun("it reads the kernel's socket table through /proc");
    const folder = mkdtempSync(join(tmpdir(), "smartclaw-proof-"));
    try {
      const house = await startHouse(folder, {});
      const status = await house.status();
      const daemon = status.smartclaw.pid;
      const gateway = status.openclaw.gateway.pid ?? 0;
      const sockets = listening(processTree([daemon, gateway]));
      // SmartClaw's own page is on ::1 as well, which some browsers try first for “localhost”.
      const ofOpenClaw = new Set(processTree([gateway]));
      const outside = sockets.filter(
        ({ address, pid }) => address !== "127.0.0.1" && (address !== "::1" || ofOpenClaw.has(pid)),
      );
      const foreign = Object.values(networkInterfaces()).flatMap((list) =>
        (list ?? []).filter(({ internal }) => !internal).map(({ address }) => address),
      );
      const reached: string[] = [];
      for (const address of foreign)
        for (const { port } of sockets)
          if (await canConnect(address, port)) reached.push(`${address}:${port}`);

      const stopped = await exposeOnPurpose(gateway, async () => (await house.status()).openclaw.gateway);
      await house.stop();
      return {
        holds: sockets.length > 0 && outside.length === 0 && reached.length === 0,
        control: stopped?.error?.code === "GATEWAY_EXPOSED",
        evidence: [
          `OpenClaw listens on: ${places(sockets.filter(({ pid }) => ofOpenClaw.has(pid)))}`,
          `SmartClaw listens on: ${places(sockets.filter(({ pid }) => !ofOpenClaw.has(pid)))}`,
          `tried from ${foreign.length} other addresses of this computer (${foreign.join(", ") || "it has none"}): ${reached.length} connections`,
          ...outside.map(({ address, port, pid }) => `NOT AS PROMISED: ${address}:${port} of process ${pid}`),
          stopped === null
            ? "a socket on 0.0.0.0 in OpenClaw's tree went unnoticed"
            : `a socket on 0.0.0.0 in OpenClaw's tree made SmartClaw stop it: “${stopped.error?.message ?? ""}”`,
        ],
      };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** Starts a listener that the gateway's tree owns (it carries the tree's mark) and waits until OpenClaw is stopped. */
async function exposeOnPurpose<T extends { phase: string }>(
  gateway: number,
  state: () => Promise<T>,
): Promise<T | null> {
  const mark = readFileSync(`/proc/${gateway}/environ`, "utf8")
    .split("\0")
    .find((entry) => entry.startsWith("SMARTCLAW_TREE="));
  const program = 'require("net").createServer().listen(0, "0.0.0.0"); setTimeout(() => {}, 60000)';
  const environment = { PATH: process.env["PATH"] ?? "", SMARTCLAW_TREE: mark?.split("=")[1] ?? "" };
  const child = spawn(process.execPath, ["-e", program], { env: environment, stdio: "ignore" });
  try {
    const deadline = Date.now() + 15_000;
    while (Date.now() < deadline) {
      const now = await state();
      if (now.phase === "failed") return now;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return null;
  } finally {
    child.kill("SIGKILL");
  }
}

/** Read here on purpose without SmartClaw's own watchdog: a proof must not trust what it examines. */
function listening(pids: readonly number[]): Listening[] {
  const owner = new Map<string, number>();
  for (const pid of pids)
    for (const descriptor of safely(() => readdirSync(`/proc/${pid}/fd`), [])) {
      const inode = /^socket:\[(\d+)\]$/.exec(
        safely(() => readlinkSync(`/proc/${pid}/fd/${descriptor}`), ""),
      )?.[1];
      if (inode !== undefined) owner.set(inode, pid);
    }
  return ["tcp", "tcp6"].flatMap((table) =>
    readFileSync(`/proc/net/${table}`, "utf8")
      .split("\n")
      .slice(1)
      .flatMap((line) => {
        const fields = line.trim().split(/\s+/);
        const pid = owner.get(fields[9] ?? "");
        if (fields[3] !== "0A" || pid === undefined) return [];
        const [address = "", port = ""] = (fields[1] ?? "").split(":");
        return [{ address: addressOf(address), port: Number.parseInt(port, 16), pid }];
      }),
  );
}

/** The kernel prints 32-bit words in the machine's byte order, which is little-endian on every platform of ours. */
function addressOf(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) => (word.match(/../g) ?? []).toReversed());
  if (bytes.length === 4) return bytes.map((byte) => Number.parseInt(byte, 16)).join(".");
  return bytes.join("") === `${"0".repeat(31)}1` ? "::1" : `[${bytes.join("")}]`;
}

function places(sockets: readonly Listening[]): string {
  return sockets.map(({ address, port }) => `${address}:${port}`).join(", ");
}

function processTree(roots: readonly number[]): number[] {
  const parents = new Map(
    readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [
        Number(name),
        Number(
          safely(() => readFileSync(`/proc/${name}/stat`, "utf8"), "")
            .split(") ")[1]
            ?.split(" ")[1] ?? 0,
        ),
      ]),
  );
  const found = new Set(roots);
  for (let grew = true; grew;) {
    grew = false;
    for (const [pid, parent] of parents)
      if (found.has(parent) && !found.has(pid)) {
        found.add(pid);
        grew = true;
      }
  }
  return [...found];
}

function canConnect(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1_000 });
    const finish = (connected: boolean): void => {
      socket.destroy();
      resolve(connected);
    };
    socket.once("connect", () => finish(true));
    socket.once("timeout", () => finish(false));
    socket.once("error", () => finish(false));
  });
}

function safely<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

import { execFileSync, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { daemonNodeFlags } from "../../apps/desktop/src/daemon/node-flags.ts";
import { quantile, row, type Row } from "./row.ts";

const measured = z.object({ p50: z.number(), p99: z.number() });
const appended = z.object({ port: z.number(), append: z.number(), append99: z.number() });
const verdict = z.object({ answer: z.object({ action: z.literal("allow"), ticket: z.string().nullable() }) });
const prepared = z.object({ answer: z.object({ argv: z.tuple([z.string()], z.string()) }) });
const rounds = 200;
const bash = ["/bin/bash", "--noprofile", "--norc", "-c"] as const;

/** Guardian: decisions with the daemon's Node flags, and commands and files on the whole way, beside bare ones. */
export async function measureGuardian(): Promise<Row[]> {
  const program = fileURLToPath(new URL("./decisions.ts", import.meta.url));
  const output = execFileSync(process.execPath, [...daemonNodeFlags, program], { encoding: "utf8" });
  const { p50, p99 } = measured.parse(JSON.parse(output));
  return [
    row("guardian: a decision with 1,000 grants, p50", p50, "ms", 0.5, "for information", true),
    row("guardian: a decision with 1,000 grants, p99", p99, "ms", 0.5, "<= 0.5 ms", p99 <= 0.5),
    ...(await measureActions()),
  ];
}

/** Does what OpenClaw does: asks, has the words prepared, starts them. */
async function measureActions(): Promise<Row[]> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "sc-actions-")));
  const [folder, project] = [join(root, "guardian"), join(root, "project")];
  for (const path of [folder, project]) mkdirSync(path, { mode: 0o700 });
  writeFileSync(join(project, "a.txt"), "x".repeat(4096));
  const server = fileURLToPath(new URL("./broker.ts", import.meta.url));
  const broker = spawn(process.execPath, [...daemonNodeFlags, server, folder, project], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  try {
    const [said] = (await once(broker.stdout, "data")) as [Buffer];
    const { port, append, append99 } = appended.parse(JSON.parse(said.toString()));
    const tell = (order: object): Promise<unknown> => ask(join(folder, "broker.sock"), order);
    const decide = async (tool: string, params: object, session = "agent:main:bench"): Promise<string> => {
      const call = { tool, params, toolCallId: randomUUID(), session, isOwner: true };
      return verdict.parse(await tell({ op: "decide", call })).answer.ticket ?? call.toolCallId;
    };
    const command = async (text: string, session = "agent:main:bench"): Promise<[string, ...string[]]> => {
      const ticket = await decide("exec", { command: text, workdir: project }, session);
      const order = { op: "prepare", ticket, session, command: text, folder: project, environment: {} };
      return prepared.parse(await tell(order)).answer.argv;
    };
    const times = {
      bare: [] as number[],
      guarded: [] as number[],
      read: [] as number[],
      write: [] as number[],
      bareFetch: [] as number[],
      fetch: [] as number[],
    };
    const site = "https://good.test/";
    const bareFetch = `cd ${project}; curl -sS --cacert ca.pem --connect-to good.test:443:127.0.0.1:${port} ${site}`;
    const path = join(project, "a.txt");
    for (let round = 0; round < rounds; round += 1) {
      times.bare.push(await timed(() => ended([...bash, "true"])));
      times.guarded.push(await timed(async () => ended(await command("true"))));
      times.bareFetch.push(await timed(() => ended([...bash, bareFetch])));
      // One conversation would be held to have told others what it read.
      const fetched = () => command(`curl -sS --cacert ca.pem ${site}`, `agent:main:${randomUUID()}`);
      times.fetch.push(await timed(async () => ended(await fetched())));
      const file = (tool: string, order: object) => async (): Promise<void> => {
        const id = await decide(tool, { path, content: "" });
        await tell({ op: "file", session: "agent:main:bench", order: { path, ...order } });
        await tell({ op: "close", toolCallId: id });
      };
      times.read.push(await timed(file("read", { what: "read" })));
      const data = readFileSync(path).toString("base64");
      times.write.push(await timed(file("write", { what: "write", data, make: true, exclusive: false })));
    }
    const [bare, guarded] = [quantile(times.bare, 0.5), quantile(times.guarded, 0.5)];
    const [read, write] = [quantile(times.read, 0.5), quantile(times.write, 0.5)];
    const [bareFetched, fetched] = [quantile(times.bareFetch, 0.5), quantile(times.fetch, 0.5)];
    const stopped = await measurePanic(command, broker.stdin);
    return [
      row(
        "guardian: a command on the whole way, beside a bare one",
        guarded,
        "ms",
        bare,
        "bare + 14 ms",
        guarded - bare <= 14,
      ),
      row(
        "guardian: a command with a granted host on the whole way, beside a bare one",
        fetched,
        "ms",
        bareFetched,
        "bare + 85 ms",
        fetched - bareFetched <= 85,
      ),
      row("guardian: reading a file of 4 kB, whole way", read, "ms", 10, "<= 10 ms", read <= 10),
      row("guardian: writing a file of 4 kB, whole way", write, "ms", 10, "<= 10 ms", write <= 10),
      row("guardian: a line of the log, on the disk, p50", append, "ms", 0.5, "<= 0.5 ms", append <= 0.5),
      row("guardian: a line of the log, on the disk, p99", append99, "ms", 0.5, "for information", true),
      row(
        "guardian: from panic to the last of 8 commands dead",
        stopped,
        "ms",
        100,
        "<= 100 ms",
        stopped <= 100,
      ),
    ];
  } finally {
    broker.kill("SIGKILL");
    await once(broker, "close");
    rmSync(root, { recursive: true, force: true });
  }
}

async function measurePanic(
  command: (text: string) => Promise<[string, ...string[]]>,
  broker: NodeJS.WritableStream,
): Promise<number> {
  const running: Promise<void>[] = [];
  for (let count = 0; count < 8; count += 1) running.push(ended(await command("sleep 600")));
  await sleep(1000);
  return await timed(async () => {
    broker.write("panic\n");
    await Promise.all(running);
  });
}

async function timed(work: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

async function ended([program, ...args]: readonly [string, ...string[]]): Promise<void> {
  const child = spawn(program, args, { stdio: "pipe", env: { PATH: "/usr/bin:/bin" }, cwd: "/" });
  await once(child, "close");
}

async function ask(socketPath: string, order: object): Promise<unknown> {
  const socket = createConnection(socketPath);
  socket.write(`${JSON.stringify(order)}\n`);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
}

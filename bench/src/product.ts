import { execFile, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { median, row, type Row } from "./row.ts";

const run = promisify(execFile);
const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const cli = at("apps/desktop/dist/cli.js");
const idleSeconds = 60;
const starts = 5;

/** Starting, resting and the command line of the built product, with the real OpenClaw. */
export async function measureProduct(): Promise<Row[]> {
  const home = mkdtempSync(join(tmpdir(), "smartclaw-bench-"));
  const source = [process.env["SMARTCLAW_TEST_RELEASES"] ?? "", at(".cache/openclaw")].find((place) =>
    existsSync(join(place, "live.json")),
  );
  if (source === undefined) throw new Error("OpenClaw is not installed here; run `npm test` once");
  for (const name of ["versions", "live.json"])
    cpSync(join(source, name), join(home, name), { recursive: true, verbatimSymlinks: true });
  const env = { ...process.env, SMARTCLAW_HOME: home, HOME: home, CI: "1" };
  const smartclaw = (...args: string[]) => run(process.execPath, [cli, ...args], { env });
  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    const started = performance.now();
    await work();
    return performance.now() - started;
  };
  try {
    const pages: number[] = [];
    const ready: number[] = [];
    const bare: number[] = [];
    for (let count = 0; count < starts; count++) {
      pages.push(await timed(() => pageAfterStart(env, 7650 + count)));
      ready.push(await readyTime(smartclaw));
      if (count < starts - 1) await smartclaw("stop");
      bare.push(await bareGateway(home, source, 18_970 + count));
    }
    const { stdout } = await smartclaw("status", "--json").catch((error: { stdout: string }) => error);
    const { smartclaw: daemon } = JSON.parse(stdout) as { smartclaw: { pid: number } };
    const statuses: number[] = [];
    const helps: number[] = [];
    for (let count = 0; count < 10; count++) {
      statuses.push(await timed(() => smartclaw("status").catch(() => {})));
      helps.push(await timed(() => smartclaw("--help")));
    }
    await pause(10_000);
    const before = ticks(daemon.pid);
    await pause(idleSeconds * 1000);
    const share = ((ticks(daemon.pid) - before) / 100 / idleSeconds) * 100;
    const resident =
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${daemon.pid}/status`, "utf8"))?.[1] ?? 0) / 1000;
    await smartclaw("stop");
    return [
      row("page answers after `start`", median(pages), "ms", 300, "<= 300 ms", median(pages) <= 300),
      row(
        "gateway ready against a bare `openclaw gateway run`",
        median(ready),
        "ms",
        median(bare),
        "<= 1.05",
        median(ready) / median(bare) <= 1.05,
      ),
      row("`smartclaw status`", median(statuses), "ms", 200, "< 200 ms", median(statuses) < 200),
      row("`smartclaw --help`", median(helps), "ms", 200, "< 200 ms", median(helps) < 200),
      row("idle daemon, resident", resident, "MB", 100, "<= 100 MB", resident <= 100),
      row("idle daemon, of one core", share, "%", 0.3, "<= 0.3 %", share <= 0.3),
    ];
  } finally {
    await smartclaw("stop").catch(() => {});
    rmSync(home, { recursive: true, force: true });
  }
}

async function pageAfterStart(env: NodeJS.ProcessEnv, port: number): Promise<void> {
  const child = spawn(process.execPath, [cli, "start", "--no-open", "--port", String(port)], {
    env,
    stdio: "ignore",
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  while (!(await answers(`http://127.0.0.1:${port}/`))) await pause(2);
  void ended;
}

/** From the spawn of the gateway's process to ready, as the daemon's own log has it. */
async function readyTime(smartclaw: (...args: string[]) => Promise<{ stdout: string }>): Promise<number> {
  for (;;) {
    const { stdout } = await smartclaw("status", "--json").catch((error: { stdout: string }) => error);
    const { openclaw } = JSON.parse(stdout) as {
      openclaw: { gateway: { phase: string; since: number; readyAt: number | null } };
    };
    if (openclaw.gateway.phase === "ready") break;
    await pause(200);
  }
  const { stdout } = await smartclaw("logs", "--json", "--source", "smartclaw");
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { at: number; text: string });
  const last = (text: string): number => lines.findLast((line) => line.text.includes(text))?.at ?? 0;
  return last('"phase":"ready"') - last('"phase":"starting"');
}

async function bareGateway(home: string, source: string, port: number): Promise<number> {
  const folder = join(home, `bare-${port}`);
  mkdirSync(folder);
  const config = join(folder, "openclaw.json");
  const token = "a token for the bench only 0123456789";
  writeFileSync(
    config,
    JSON.stringify({
      gateway: { mode: "local", bind: "loopback", port, auth: { mode: "token", token } },
      models: { catalogRefresh: { enabled: false } },
      update: { checkOnStart: false },
      telemetry: { enabled: false },
    }),
  );
  const { openclaw } = JSON.parse(readFileSync(join(source, "live.json"), "utf8")) as { openclaw: string };
  const entry = join(home, "versions", "openclaw", openclaw, "node_modules", "openclaw", "openclaw.mjs");
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
    OPENCLAW_STATE_DIR: folder,
    OPENCLAW_CONFIG_PATH: config,
    OPENCLAW_NO_RESPAWN: "1",
  };
  const started = performance.now();
  const child = spawn(
    process.execPath,
    [entry, "gateway", "run", "--bind", "loopback", "--port", String(port)],
    { env, stdio: "ignore" },
  );
  while (!(await answers(`http://127.0.0.1:${port}/startupz`, '"started"'))) await pause(100);
  const took = performance.now() - started;
  child.kill("SIGKILL");
  await new Promise((resolve) => child.once("close", resolve));
  return took;
}

function answers(url: string, holding = ""): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false }, (answer) => {
      let text = "";
      answer.on("data", (chunk: Buffer) => (text += chunk.toString()));
      answer.once("end", () => resolve(answer.statusCode === 200 && text.includes(holding)));
    });
    request.once("error", () => resolve(false));
  });
}

/** User and system time in hundredths of a second: proc(5). */
function ticks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

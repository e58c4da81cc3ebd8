import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { get } from "node:http";
import { startBareGateway } from "./bare-gateway.ts";
import { median, row, type Row } from "./row.ts";
import { launcher, makeTestHome, pause, type TestHome, timed, untilReady } from "./test-home.ts";

const idleSeconds = 60;
const starts = 5;

/** Starting, resting and the command line of the built product, with the real OpenClaw. */
export async function measureProduct(): Promise<Row[]> {
  const home = makeTestHome();
  try {
    const pages: number[] = [];
    const ready: number[] = [];
    const bare: number[] = [];
    for (let count = 0; count <= starts; count++) {
      pages.push(await timed(() => pageAfterStart(home.env, 7650 + count)));
      ready.push(await readyTime(home));
      if (count < starts) await home.smartclaw("stop");
      const gateway = await startBareGateway(home, "bare", 18_970);
      bare.push(gateway.readyMs);
      await gateway.stop();
    }
    const { smartclaw: daemon } = await home.status<{ smartclaw: { pid: number } }>();
    const statuses: number[] = [];
    const helps: number[] = [];
    for (let count = 0; count < 10; count++) {
      statuses.push(await timed(() => home.smartclaw("status").catch(() => {})));
      helps.push(await timed(() => home.smartclaw("--help")));
    }
    await pause(10_000);
    const before = ticks(daemon.pid);
    await pause(idleSeconds * 1000);
    const share = ((ticks(daemon.pid) - before) / 100 / idleSeconds) * 100;
    const resident =
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${daemon.pid}/status`, "utf8"))?.[1] ?? 0) / 1000;
    // The first start of both makes their state and fills its code cache.
    const [settled, settledBare] = [median(ready.slice(1)), median(bare.slice(1))];
    return [
      row("page answers after `start`", median(pages), "ms", 300, "<= 300 ms", median(pages) <= 300),
      row(
        "gateway ready against a bare `openclaw gateway run`",
        settled,
        "ms",
        settledBare,
        "<= 1.05",
        settled / settledBare <= 1.05,
      ),
      row("`smartclaw status`", median(statuses), "ms", 200, "< 200 ms", median(statuses) < 200),
      row("`smartclaw --help`", median(helps), "ms", 200, "< 200 ms", median(helps) < 200),
      row("idle daemon, resident", resident, "MB", 100, "<= 100 MB", resident <= 100),
      row("idle daemon, of one core", share, "%", 0.3, "<= 0.3 %", share <= 0.3),
    ];
  } finally {
    await home.dispose();
  }
}

async function pageAfterStart(env: NodeJS.ProcessEnv, port: number): Promise<void> {
  spawn(launcher, ["start", "--no-open", "--port", String(port)], { env, stdio: "ignore" });
  while (!(await answers(`http://127.0.0.1:${port}/`))) await pause(2);
}

/** From the order to start the gateway until its protocol answered, as the daemon's own log has it. */
async function readyTime(home: TestHome): Promise<number> {
  await untilReady(home);
  const { stdout } = await home.smartclaw("logs", "--json", "--source", "smartclaw");
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { at: number; text: string });
  const last = (text: string): number => lines.findLast((line) => line.text.includes(text))?.at ?? 0;
  return last('"phase":"ready"') - last('"phase":"starting"');
}

function answers(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false }, (answer) => {
      answer.resume();
      answer.once("end", () => resolve(answer.statusCode === 200));
    });
    request.once("error", () => resolve(false));
  });
}

/** User and system time in hundredths of a second: proc(5). */
export function ticks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

import { readFileSync } from "node:fs";
import type { SystemStatus } from "@smartclaw/contracts";
import { type Client, createClient } from "../../apps/desktop/src/cli/client.ts";
import { pathsOf } from "../../apps/desktop/src/daemon/paths.ts";
import { startBareGateway } from "./bare-gateway.ts";
import { ticks } from "./product.ts";
import { median, row, type Row } from "./row.ts";
import { makeTestHome, pause, type TestHome, untilReady } from "./test-home.ts";

const [earlier, newer] = ["2026.9.5", "2026.9.6"];
/** What SQLite and the log still write after a start must not count for what comes next. */
const settleMs = 10_000;
const rounds = 2;
const barePort = 18_975;

/** An update of the real OpenClaw to the next release and the way back, with the real disk, registry and supervisor. */
export async function measureUpdates(): Promise<Row[]> {
  const home = makeTestHome(earlier, newer);
  try {
    await home.smartclaw("start", "--no-open");
    await untilReady(home);
    const client = createClient(pathsOf(home.env, process.platform).socket);
    await pause(settleMs);
    const look = await measureLook(client);
    const [aways, backs, byHand, restarts]: [number[], number[], number[], number[]] = [[], [], [], []];
    for (let round = 0; round <= rounds; round++) {
      home.bring(newer);
      const hand = await switchByHand(home, round);
      await client.updates.apply({ version: newer });
      await until(client, ({ updates }) => updates.running?.step === "probation");
      const away = (await phases(home)).downtime();
      await pause(settleMs);
      const askedAt = Date.now();
      await client.updates.goBack();
      await until(
        client,
        ({ updates, openclaw }) => updates.running === null && openclaw.gateway.phase === "ready",
      );
      const back = (await phases(home)).readyAt() - askedAt;
      await pause(settleMs);
      await client.openclaw.restart();
      await pause(1_000);
      await untilReady(home);
      const restarted = (await phases(home)).downtime();
      // The first time both compile the newer release.
      if (round === 0) continue;
      byHand.push(hand);
      aways.push(away);
      backs.push(back);
      restarts.push(restarted);
    }
    const [switched, restarted] = [median(aways), median(restarts)];
    const [hand, back] = [median(byHand), median(backs)];
    const { changed, all } = tarballBytes();
    return [
      row(
        "update: a look that finds nothing, received",
        look.bytes,
        "bytes",
        20_480,
        "<= 20 KB",
        look.bytes <= 20_480,
      ),
      row("update: a look that finds nothing, CPU", look.cpuMs, "ms", 1_000, "<= 1 s", look.cpuMs <= 1_000),
      row(
        `update: tarballs from ${earlier} to ${newer}, of a full installation`,
        changed,
        "MB",
        all,
        "for information",
        true,
      ),
      row(
        "update: OpenClaw away, against stopping and starting it",
        switched,
        "ms",
        restarted,
        "<= 1.1",
        switched / restarted <= 1.1,
      ),
      row(
        "update: OpenClaw away, against stopping it and starting the newer one by hand",
        switched,
        "ms",
        hand,
        "<= 1.1",
        switched / hand <= 1.1,
      ),
      row(
        "update: from the word to go back to a ready gateway",
        back,
        "ms",
        15_000,
        "<= 15 s",
        back <= 15_000,
      ),
    ];
  } finally {
    await home.dispose();
  }
}

/**
 * A bare OpenClaw that is stopped, and the newer one that is started in its place, as a user would without SmartClaw:
 * it brings the state into its own form first. Milliseconds from the one to the other.
 */
async function switchByHand(home: TestHome, round: number): Promise<number> {
  const state = `bare-${round}`;
  const before = await startBareGateway(home, state, barePort, { version: earlier });
  await pause(settleMs);
  const startedAt = performance.now();
  await before.stop();
  const after = await startBareGateway(home, state, barePort, { version: newer });
  const taken = performance.now() - startedAt;
  await after.stop();
  return taken;
}

async function measureLook(client: Client): Promise<{ bytes: number; cpuMs: number }> {
  const { smartclaw } = await client.system.status();
  // With what runs as the only one that is wanted, there is nothing to be found but the question is asked.
  await client.updates.change({ skipped: [newer] });
  const before = ticks(smartclaw.pid);
  const { lastCheck } = await client.updates.check();
  await pause(500);
  const cpuMs = (ticks(smartclaw.pid) - before) * 10;
  await client.updates.change({ skipped: [] });
  return { bytes: lastCheck?.bytes ?? Number.NaN, cpuMs };
}

async function until(client: Client, condition: (status: SystemStatus) => boolean): Promise<void> {
  while (!condition(await client.system.status())) await pause(1_000);
}

/** The daemon's own log of when OpenClaw was in which phase. */
async function phases(home: TestHome) {
  const { stdout } = await home.smartclaw("logs", "--json", "--source", "smartclaw", "--lines", "500");
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { at: number; text: string });
  const last = (phase: string): number =>
    lines.findLast(({ text }) => text.includes(`"phase":"${phase}"`))?.at ?? Number.NaN;
  return {
    readyAt: () => last("ready"),
    /** From the last moment that it was there until it was there again, in milliseconds. */
    downtime: () => last("ready") - last("stopping"),
  };
}

/** Megabytes of the tarballs that the newer release does not share with the earlier, and of all of its own. */
function tarballBytes(): { changed: number; all: number } {
  const list = (version: string): Map<string, number> => {
    const file = new URL(`../../packages/openclaw/locks/openclaw-${version}.json`, import.meta.url);
    const { packages } = JSON.parse(readFileSync(file, "utf8")) as {
      packages: Record<string, { integrity?: string; size?: number }>;
    };
    return new Map(Object.values(packages).map(({ integrity = "", size = 0 }) => [integrity, size]));
  };
  const [before, after] = [list(earlier), list(newer)];
  const sum = (sizes: Iterable<number>): number => [...sizes].reduce((total, size) => total + size, 0) / 1e6;
  return {
    changed: sum([...after].filter(([integrity]) => !before.has(integrity)).map(([, size]) => size)),
    all: sum(after.values()),
  };
}

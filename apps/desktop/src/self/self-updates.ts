import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Clock, LedgerWriter, Log, SystemStatus } from "@smartclaw/contracts";
import { systemTimer } from "@smartclaw/openclaw";
import {
  createPause,
  createReleaseSource,
  createUpdater,
  openUpdateStore,
  type Updater,
} from "@smartclaw/updater";
import { startAgain } from "../daemon/arguments.ts";
import { daemonNodeFlags } from "../daemon/node-flags.ts";
import type { Paths } from "../daemon/paths.ts";
import { version, versionOf } from "../daemon/version.ts";
import { readConditions } from "../updates/conditions/read-conditions.ts";
import { createMachine } from "../updates/conditions/this-machine.ts";
import type { RunningOpenClaw } from "../updates/openclaw-target.ts";
import { spawnWatcher } from "./hand-over.ts";
import { launchedAs } from "./launch.ts";
import { programOf } from "./programs.ts";
import { rehearseSelf } from "./rehearse-self.ts";
import { readUpdateSource } from "./self-source.ts";
import { createSelfTarget } from "./self-target.ts";

export interface SelfUpdatesDeps {
  readonly paths: Paths;
  readonly programs: {
    /** The daemon's program as the user installed it; from there every start begins. */
    readonly installed: string;
    readonly selfWatcher: string;
    readonly updateSource: string;
  };
  /** Of the page, which the next daemon keeps. */
  readonly port: number;
  /** The system's service manager starts the daemon again, so that nobody else may. */
  readonly asService: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly status: () => SystemStatus;
  readonly openclaw: Pick<RunningOpenClaw, "state" | "isBusy">;
  readonly openclawUpdates: Pick<Updater, "status">;
  /** Ends this daemon with an exit code. */
  readonly end: (code: number) => void;
  readonly ledger: LedgerWriter;
  readonly processName: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** A new release of SmartClaw is watched for so long. */
const probationMs = 10 * 60_000;

/**
 * Keeps SmartClaw itself up to date, by the same machine as OpenClaw, from signed releases.
 * @returns null when nobody told it where those are
 */
export function openSelfUpdates(deps: SelfUpdatesDeps): Updater | null {
  const { paths, programs, environment, clock, log } = deps;
  const origin = readUpdateSource([join(paths.home, "update-source.json"), programs.updateSource]);
  if (origin === "damaged") log.error({}, "update-source.json cannot be used, so SmartClaw is not updated");
  if (origin === null || origin === "damaged") return null;
  const pause = createPause(systemTimer);
  const source = createReleaseSource({
    ...origin,
    folder: join(paths.selfWork, "metadata"),
    platform: `${process.platform}-${process.arch}`,
    fetch: globalThis.fetch,
    ledger: deps.ledger,
    processName: deps.processName,
  });
  const installed = versionOf(programs.installed);
  const program = (wanted: string): URL =>
    pathToFileURL(wanted === installed ? programs.installed : programOf(paths.releases, wanted, "daemon"));
  const target = createSelfTarget({
    paths,
    source,
    running: version,
    installed,
    nodeVersion: process.versions.node,
    status: deps.status,
    isBusy: () => isBusy(deps),
    rehearse: (wanted, signal) =>
      rehearseSelf({
        version: wanted,
        program: launchedAs(program(wanted), programs.installed),
        paths,
        expected: deps.status(),
        environment,
        pause,
        log,
        signal,
      }),
    handOver(to) {
      if (deps.asService) return deps.end(startAgain);
      const command = [process.execPath, ...daemonNodeFlags, programs.installed, "--port", String(deps.port)];
      spawnWatcher({ program: programs.selfWatcher, paths, environment, order: { ...to, command } });
      deps.end(0);
    },
    pause,
    clock,
    probationMs,
    log,
  });
  return createUpdater({
    component: "smartclaw",
    store: openUpdateStore({ file: paths.selfUpdates, log }),
    target,
    registry: {
      newest: (signal) => source.newest(signal),
      // The metadata of the last look, which is signed as a whole.
      release: (_, signal) => source.newest(signal),
    },
    nodeVersion: process.versions.node,
    conditions: (signal) => readConditions(process.platform, createMachine(signal)),
    clock,
    steady: () => Math.floor(performance.now()),
    random: Math.random,
    newId: () => randomUUID().slice(0, 8),
    setTimer: systemTimer,
    log,
  });
}

/** Whether a turn, an approval, a typing user, an installation or an update of OpenClaw would be disturbed. */
async function isBusy({ status, openclaw, openclawUpdates }: SelfUpdatesDeps): Promise<boolean> {
  if (openclawUpdates.status().running !== null) return true;
  if (status().openclaw.install.state === "installing") return true;
  const { phase } = openclaw.state();
  if (phase === "ready") return await openclaw.isBusy();
  return phase !== "stopped" && phase !== "failed" && phase !== "backing-off";
}

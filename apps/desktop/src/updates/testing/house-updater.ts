import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Clock, LedgerWriter, Log, Secret, UpdateStatus, UpdateStep } from "@smartclaw/contracts";
import {
  createReleaseLists,
  openclawComponent,
  rehearse,
  type Releases,
  type RuntimeInstaller,
  type States,
} from "@smartclaw/openclaw";
import type { World } from "@smartclaw/openclaw/testing";
import type { Updater } from "@smartclaw/updater";
import type { Paths } from "../../daemon/paths.ts";
import { testVersions } from "../../daemon/testing/real-daemon.ts";
import type { Logs } from "../../logs/logs.ts";
import type { RunningOpenClaw } from "../openclaw-target.ts";
import { createUpdates, surroundings } from "../updates.ts";
import { type Fault, type FaultPlaces, faultyProgram } from "./faulty-release.ts";

/** What every updater of a house works with. */
export interface HouseParts {
  readonly paths: Paths;
  readonly places: FaultPlaces;
  readonly environment: Readonly<Record<string, string>>;
  readonly releases: Releases;
  readonly states: States;
  readonly nodes: RuntimeInstaller;
  readonly running: RunningOpenClaw;
  /** The list of packages of a version that is trusted, or that stands in for one. */
  readonly listOf: (version: string) => string;
  readonly ledger: LedgerWriter;
  readonly newToken: () => Secret;
  readonly logs: Logs;
  readonly log: Log;
}

/** What is found at the registry, and how the updater goes about it. */
export interface AttemptOptions {
  readonly version: string;
  /** Address of the registry. */
  readonly registry: string;
  /** The release is laid out by a stand-in, with this fault; or fetched from the registry of a world that signs. */
  readonly release: Fault | World;
  /** False for a rehearsal that sees nothing: an OpenClaw is dear to start. */
  readonly rehearsed?: boolean;
  /** From the start of a rehearsal until it has to answer, in milliseconds. */
  readonly startMs?: number;
  /** From the question of a trial to the last word of the answer, in milliseconds. */
  readonly turnMs?: number;
  readonly clock?: Clock;
  /** When the journal says so, and the work of the step has not begun. */
  readonly onStep?: (step: UpdateStep) => void;
}

export interface Attempt {
  /** Every step that was begun. */
  readonly steps: readonly UpdateStep[];
  /** When nothing was under way any more. */
  readonly status: UpdateStatus;
}

/** Machines of the tests can be slow; nothing here is about times. */
export const patienceMs = 240_000;
/** Longer than anything that is waited for: what happens on probation ends it. */
const longProbationMs = 600_000;

/** The daemon's own updater, but for its patience and for what is said here to be stood in for. */
export function openHouseUpdater(
  parts: HouseParts,
  options: AttemptOptions,
): { readonly updater: Updater; end(): Promise<Attempt> } {
  const { paths, places, environment, ledger, log } = parts;
  const { version, release, clock = Date } = options;
  const from = { environment, registry: options.registry, ledger, processName: "test", clock, log };
  const world = typeof release === "string" ? null : release;
  // What is fetched is judged by the list of what runs; the world's stands in for that.
  if (world !== null) copyFileSync(world.order.earlierFile ?? "", parts.listOf(testVersions.newest));
  const lists = createReleaseLists({
    ...from,
    component: openclawComponent,
    command: [process.execPath, programOf("@smartclaw/openclaw/resolve-child")],
    committed: parts.listOf,
    folder: join(paths.updateWork, "lists"),
    cache: join(paths.cache, "lists"),
    registrySigns: true,
    keys: world?.order.keys ?? [],
  });
  const layOut = typeof release === "string" ? faultyProgram(version, release, places) : "";
  const probationMs = release === "none" ? 1000 : longProbationMs;
  const updater = createUpdates({
    ...parts,
    openclaw: parts.running,
    install: {
      ...from,
      command:
        world === null
          ? [process.execPath, layOutChild, places.openclaw, layOut]
          : [process.execPath, programOf("@smartclaw/openclaw/install-child")],
      cache: join(paths.cache, "npm"),
      lockFile: lists.pathOf,
    },
    lists,
    clock,
    surroundings: {
      probationMs,
      rehearsalStartMs: options.startMs ?? patienceMs,
      turnMs: options.turnMs ?? patienceMs,
      rehearse: options.rehearsed === false ? () => Promise.resolve() : rehearse,
      // Between two looks whether OpenClaw is idle nothing happens here.
      pause: (ms, signal) => surroundings.pause(ms === probationMs ? ms : 100, signal),
      // It stands still, so that nothing is looked for but when it is said.
      steady: () => 0,
      conditions: () => Promise.resolve({ metered: false, batteryLeft: null }),
    },
  });
  const steps: UpdateStep[] = [];
  updater.onChange(() => {
    const step = updater.status().running?.step;
    if (step === undefined || step === steps.at(-1)) return;
    steps.push(step);
    options.onStep?.(step);
  });
  return {
    updater,
    async end() {
      await new Promise<void>((resolve) => {
        const look = (): void => {
          if (updater.status().running === null) resolve();
        };
        updater.onChange(look);
        look();
      });
      const status = updater.status();
      await updater.close();
      return { steps, status };
    },
  };
}

const layOutChild = fileURLToPath(new URL("./lay-out-child.ts", import.meta.url));

function programOf(name: string): string {
  return fileURLToPath(import.meta.resolve(name));
}

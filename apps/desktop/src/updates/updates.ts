import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Clock, LedgerWriter, Log, Secret } from "@smartclaw/contracts";
import { createForwardProxy } from "@smartclaw/egress";
import {
  bundledNode,
  clearRehearsal,
  createInstaller,
  type InstallerDeps,
  rehearse,
  type ReleaseLists,
  type Releases,
  runtimeComponent,
  type RuntimeInstaller,
  type States,
  systemTimer,
} from "@smartclaw/openclaw";
import {
  createPause,
  createRegistry,
  createUpdater,
  type Conditions,
  openUpdateStore,
  type Pause,
  publishedRuntimes,
  type Updater,
} from "@smartclaw/updater";
import type { Logs } from "../logs/logs.ts";
import type { Paths } from "../daemon/paths.ts";
import { readConditions } from "./conditions/read-conditions.ts";
import { createMachine } from "./conditions/this-machine.ts";
import { createOpenClawTarget, type RunningOpenClaw } from "./openclaw-target.ts";

const hourMs = 3_600_000;

/** What updates depend on beside the house: time, this computer, and a trial of each release. */
export interface UpdateSurroundings {
  /** How long a release that was ready is watched, in milliseconds. */
  readonly probationMs: number;
  /** From the start of a rehearsal until it has to answer, in milliseconds. */
  readonly rehearsalStartMs: number;
  /** From the question of a trial to the last word of the answer, in milliseconds. */
  readonly turnMs: number;
  readonly rehearse: typeof rehearse;
  readonly pause: Pause;
  /** Whole milliseconds of a clock that nobody can set. */
  readonly steady: () => number;
  readonly conditions: (signal: AbortSignal) => Promise<Conditions>;
}

export const surroundings: UpdateSurroundings = {
  probationMs: 10 * 60_000,
  // Slow machines start OpenClaw in more than half a minute.
  rehearsalStartMs: 180_000,
  turnMs: 60_000,
  rehearse,
  pause: createPause(systemTimer),
  steady: () => Math.floor(performance.now()),
  conditions: (signal) => readConditions(process.platform, createMachine(signal)),
};

/** Keeps OpenClaw up to date: the updater with the real registry, disk and supervisor. */
export function createUpdates(deps: {
  readonly paths: Paths;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly releases: Releases;
  readonly states: States;
  readonly openclaw: RunningOpenClaw;
  readonly install: Omit<InstallerDeps, "releases">;
  readonly lists: ReleaseLists;
  readonly nodes: RuntimeInstaller;
  readonly newToken: () => Secret;
  readonly ledger: LedgerWriter;
  readonly clock: Clock;
  readonly log: Log;
  readonly logs: Logs;
  readonly surroundings: UpdateSurroundings;
}): Updater {
  const { paths, releases, states, nodes, surroundings, clock, log } = deps;
  const { runtimes } = nodes;
  const { processName } = deps.install;
  const atRegistry = {
    registry: deps.install.registry,
    fetch: globalThis.fetch,
    ledger: deps.ledger,
    processName,
  };
  const registry = createRegistry(atRegistry);
  const runtime = runtimeComponent(process.platform, process.arch);
  const rehearsalFolder = join(paths.updateWork, "rehearsal");
  const { platform } = process;
  const store = openUpdateStore({ file: paths.updates, log });
  const target = createOpenClawTarget({
    clearRehearsal: () => clearRehearsal({ folder: rehearsalFolder, platform, log }),
    releases,
    states,
    installer: createInstaller({ ...deps.install, releases }),
    nodes,
    lists: deps.lists,
    integrityOf: async (version, signal) => (await registry.release(version, signal)).integrity,
    coolDownMs: () => store.memory().settings.coolDownHours * hourMs,
    openclaw: deps.openclaw,
    rehearse: ({ to }, state, expected, signal) =>
      surroundings.rehearse({
        version: to.version,
        entry: releases.entry(to.version),
        nodePath: runtimes.path(to.node),
        state,
        folder: rehearsalFolder,
        socketPath: paths.rehearsalSocket,
        compiled: join(paths.compiled, to.version),
        environment: deps.environment,
        expected,
        platform,
        openWayOut: (port) => openRehearsalProxy(port, deps),
        newToken: deps.newToken,
        newId: randomUUID,
        clock,
        log,
        onLine: ({ stream, text }) => deps.logs.openclaw(stream, `(rehearsal of ${to.version}) ${text}`),
        startMs: surroundings.rehearsalStartMs,
        turnMs: surroundings.turnMs,
        signal,
      }),
    folder: paths.updateWork,
    compiled: paths.compiled,
    clock,
    log,
    probationMs: surroundings.probationMs,
    turnMs: surroundings.turnMs,
    pause: surroundings.pause,
  });
  return createUpdater({
    component: "openclaw",
    store,
    target,
    registry,
    nodeVersion: runtimes.versionOf(bundledNode),
    runtimes: {
      installed: () => runtimes.list().map(({ version }) => version),
      neededBy: (version) => releases.find(version)?.node ?? null,
      published: async (signal) =>
        runtime === null ? { versions: [], bytes: 0 } : publishedRuntimes(atRegistry, runtime.name, signal),
    },
    conditions: surroundings.conditions,
    clock,
    steady: surroundings.steady,
    random: Math.random,
    newId: () => randomUUID().slice(0, 8),
    setTimer: systemTimer,
    log,
  });
}

/** For a release that nobody knows yet: it may ask the rehearsal's model, and nobody else. */
async function openRehearsalProxy(
  port: number,
  { ledger, log }: { readonly ledger: LedgerWriter; readonly log: Log },
): Promise<{ url: string; close(): Promise<void> }> {
  const clientOf = (): Promise<string> => Promise.resolve("openclaw-rehearsal");
  const proxy = createForwardProxy({ allowed: () => [], ownDoors: [port], ledger, log, clientOf });
  const own = await proxy.listen();
  return { url: `http://127.0.0.1:${own}`, close: () => proxy.close() };
}

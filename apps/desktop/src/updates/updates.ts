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
  openUpdateStore,
  publishedRuntimes,
  type Updater,
} from "@smartclaw/updater";
import type { Logs } from "../logs/logs.ts";
import type { Paths } from "../daemon/paths.ts";
import { readConditions } from "./conditions/read-conditions.ts";
import { createMachine } from "./conditions/this-machine.ts";
import { createOpenClawTarget, type RunningOpenClaw } from "./openclaw-target.ts";

/** A release that was ready, and is watched by nobody but this. */
const probationMs = 10 * 60_000;
const hourMs = 3_600_000;
/** Slow machines start OpenClaw in more than half a minute. */
const rehearsalStartMs = 180_000;
const rehearsalTurnMs = 60_000;

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
}): Updater {
  const { paths, releases, states, nodes, clock, log } = deps;
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
      rehearse({
        version: to.version,
        entry: releases.entry(to.version),
        nodePath: runtimes.path(to.node),
        state,
        folder: rehearsalFolder,
        socketPath: paths.rehearsalSocket,
        temporary: paths.temporary,
        environment: deps.environment,
        expected,
        platform,
        openWayOut: (port) => openRehearsalProxy(port, deps),
        newToken: deps.newToken,
        newId: randomUUID,
        clock,
        log,
        onLine: ({ stream, text }) => deps.logs.openclaw(stream, `(rehearsal of ${to.version}) ${text}`),
        startMs: rehearsalStartMs,
        turnMs: rehearsalTurnMs,
        signal,
      }),
    folder: paths.updateWork,
    clock,
    log,
    probationMs,
    pause: createPause(systemTimer),
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
    conditions: (signal) => readConditions(platform, createMachine(signal)),
    clock,
    steady: () => Math.floor(performance.now()),
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

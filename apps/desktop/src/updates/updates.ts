import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Clock, LedgerWriter, Log, Secret } from "@smartclaw/contracts";
import { createForwardProxy } from "@smartclaw/egress";
import {
  clearRehearsal,
  createInstaller,
  type InstallerDeps,
  rehearse,
  type ReleaseLists,
  type Releases,
  type States,
  systemTimer,
} from "@smartclaw/openclaw";
import {
  createPause,
  createRegistry,
  createUpdater,
  openUpdateStore,
  type Updater,
} from "@smartclaw/updater";
import type { Logs } from "../logs/logs.ts";
import type { Paths } from "../daemon/paths.ts";
import { createOpenClawTarget, type RunningOpenClaw } from "./openclaw-target.ts";

/** A release that was ready, and is watched by nobody but this. */
const probationMs = 10 * 60_000;
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
  readonly nodePath: string;
  readonly newToken: () => Secret;
  readonly ledger: LedgerWriter;
  readonly clock: Clock;
  readonly log: Log;
  readonly logs: Logs;
}): Updater {
  const { paths, releases, states, clock, log } = deps;
  const { processName } = deps.install;
  const registry = createRegistry({
    registry: deps.install.registry,
    fetch: globalThis.fetch,
    ledger: deps.ledger,
    processName,
  });
  const rehearsalFolder = join(paths.updateWork, "rehearsal");
  const { platform } = process;
  const target = createOpenClawTarget({
    clearRehearsal: () => clearRehearsal({ folder: rehearsalFolder, platform, log }),
    releases,
    states,
    installer: createInstaller({ ...deps.install, releases }),
    lists: deps.lists,
    integrityOf: async (version, signal) => (await registry.release(version, signal)).integrity,
    openclaw: deps.openclaw,
    rehearse: ({ to }, state, expected, signal) =>
      rehearse({
        version: to.version,
        entry: releases.entry(to.version),
        nodePath: deps.nodePath,
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
    store: openUpdateStore({ file: paths.updates, log }),
    target,
    registry,
    nodeVersion: process.versions.node,
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

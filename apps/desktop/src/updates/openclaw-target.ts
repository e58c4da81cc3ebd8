import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type GatewayState, type Log, SmartClawError, type Unsubscribe } from "@smartclaw/contracts";
import {
  type Installer,
  type Inventory,
  inventory,
  lossBetween,
  type RuntimeInstaller,
  type States,
  untilReady,
} from "@smartclaw/openclaw";
import type { Live, Pause, Transaction, UpdateTarget } from "@smartclaw/updater";
import { z } from "zod";
import { ensureList, type ListDeps } from "./ensure-list.ts";
import { ensureRuntime } from "./ensure-runtime.ts";

/** What the target needs of the running OpenClaw. */
export interface RunningOpenClaw {
  state(): GatewayState;
  onChange(listener: (state: GatewayState) => void): Unsubscribe;
  start(): void;
  stop(): Promise<void>;
  /** Whether a turn, an approval or a typing user would be disturbed by a stop. */
  isBusy(): Promise<boolean>;
  /** @throws SmartClawError while OpenClaw cannot be reached */
  takeInventory(): Promise<Inventory>;
  /**
   * Has it bring an answer to the chat, by a model that stands in for the user's.
   * @param version for the sentence of a failure
   * @param turnMs how long the answer may take, in milliseconds
   * @throws SmartClawError UPDATE_UNHEALTHY, CANCELLED, GATEWAY_NOT_READY
   */
  takeTurn(version: string, turnMs: number, signal: AbortSignal): Promise<void>;
  /** As `runBackup`. */
  backUp(file: string, signal: AbortSignal): Promise<void>;
}

export interface OpenClawTargetDeps extends ListDeps {
  readonly states: States;
  /** Lays releases out beside the running one, with a progress of its own. */
  readonly installer: Installer;
  /** Brings the Node that a release runs on. */
  readonly nodes: RuntimeInstaller;
  readonly openclaw: RunningOpenClaw;
  /** Starts `update.to` on a copy of the state. */
  readonly rehearse: (
    update: Transaction,
    state: string,
    expected: Inventory | null,
    signal: AbortSignal,
  ) => Promise<void>;
  /** Ends and removes what a rehearsal left that was cut off. */
  readonly clearRehearsal: () => Promise<void>;
  /** Small files about updates, and rehearsals; the user's own folder. */
  readonly folder: string;
  /** What Node compiled of each release. */
  readonly compiled: string;
  readonly log: Log;
  /** How long a new release is watched, in milliseconds. */
  readonly probationMs: number;
  /** From a question to it until the last word of the answer, in milliseconds. */
  readonly turnMs: number;
  readonly pause: Pause;
}

const counted = z.object({ id: z.string(), inventory });
const askAgainMs = 15_000;
/** A connection that is lost for a moment, on a busy computer say, is no verdict. */
const triesToJudge = 4;
/** OpenClaw must be idle this often in a row: between two turns of a task lies a moment. */
const idleLooks = 3;
/** States of releases that were given up hold what was said while they were on trial. */
const keptAsideMs = 30 * 86_400_000;

/** OpenClaw as the updater sees it: releases, states and the pointer on the disk, the supervisor for the rest. */
export function createOpenClawTarget(deps: OpenClawTargetDeps): UpdateTarget {
  const { releases, states, openclaw, log } = deps;
  const countedFile = join(deps.folder, "counted.json");

  /** What was there when this update stopped the release before; null when that was not counted. */
  const readCounted = (update: Transaction): Inventory | null => {
    try {
      const { id, inventory } = counted.parse(JSON.parse(readFileSync(countedFile, "utf8")));
      return id === update.id ? inventory : null;
    } catch {
      return null;
    }
  };

  const copy = join(deps.folder, "rehearsal-state");
  const backups = join(deps.folder, "backups");
  const clear = async (): Promise<void> => {
    await deps.clearRehearsal();
    await rm(copy, { recursive: true, force: true });
  };

  const countNow = async (): Promise<Inventory | null> =>
    openclaw.state().phase === "ready" ? await openclaw.takeInventory() : null;

  const untilIdle = async (signal: AbortSignal): Promise<void> => {
    for (let idle = 0; idle < idleLooks;) {
      idle = (await mayStop(openclaw)) ? idle + 1 : 0;
      if (idle < idleLooks) await deps.pause(askAgainMs, signal);
      signal.throwIfAborted();
    }
  };

  /**
   * In OpenClaw's own form, which other releases of it can read. The way back does not depend on it, but on the copy of
   * the files, without which there is no update.
   */
  const backUp = async ({ from }: Transaction, signal: AbortSignal): Promise<void> => {
    if (openclaw.state().phase !== "ready") return;
    mkdirSync(backups, { recursive: true, mode: 0o700 });
    try {
      await openclaw.backUp(join(backups, backupOf(from.state)), signal);
    } catch (error) {
      signal.throwIfAborted();
      log.warn({ error: String(error) }, "the update goes on without OpenClaw's own backup");
    }
  };

  const judge = async (
    update: Transaction,
    expected: Inventory | null,
    signal: AbortSignal,
  ): Promise<void> => {
    const loss = expected === null ? null : lossBetween(expected, await openclaw.takeInventory());
    if (loss !== null) throw unhealthy(update, `found only ${loss} after the update`);
    await openclaw.takeTurn(update.to.version, deps.turnMs, signal);
  };

  const activate = ({ version, node, state }: Live): void =>
    releases.activate({ openclaw: version, node, state });

  return {
    live() {
      const named = releases.named();
      return named === null ? null : { version: named.openclaw, node: named.node, state: named.state };
    },

    baseFor: (previous, live) =>
      releases.sameSchema(previous.version, live.version) ? live.state : previous.state,

    async stage(update, progress, signal) {
      const { version, node } = update.to;
      // Without a whole release to come back to there is no update.
      releases.live();
      await ensureRuntime(update, deps, progress, signal);
      await ensureList(update, deps, progress, signal);
      signal.throwIfAborted();
      const stop = deps.installer.onChange(progress);
      const onAbort = (): void => deps.installer.close();
      signal.addEventListener("abort", onAbort, { once: true });
      try {
        const outcome = await deps.installer.install(version, deps.nodes.runtimes.path(node));
        signal.throwIfAborted();
        if (outcome.state === "failed") throw SmartClawError.from(outcome.error);
      } finally {
        stop();
        signal.removeEventListener("abort", onAbort);
      }
    },

    async rehearse(update, signal) {
      await clear();
      try {
        const expected = await countNow().catch(() => null);
        await states.copyRunning(update.base, copy);
        // On the way back to an older schema there is less to be found, and that was said.
        await deps.rehearse(update, copy, update.base === update.from.state ? expected : null, signal);
      } finally {
        await clear();
      }
    },

    async awaitIdle(update, signal) {
      do {
        await untilIdle(signal);
        await backUp(update, signal);
        // Meanwhile somebody may have begun to speak.
      } while (!(await mayStop(openclaw)));
    },

    async stop(update) {
      // What cannot be counted now cannot be missed afterwards.
      const inventory = await countNow().catch(() => null);
      if (inventory !== null)
        writeFileSync(countedFile, JSON.stringify({ id: update.id, inventory }), { mode: 0o600 });
      await openclaw.stop();
    },

    copyState: ({ base, to }) => states.copy(base, to.state),
    activate,

    async startAndJudge(update, signal) {
      const expected = update.base === update.from.state ? readCounted(update) : null;
      for (let tries = 1; ; tries += 1) {
        await untilReady(openclaw, signal);
        try {
          await judge(update, expected, signal);
          return;
        } catch (error) {
          signal.throwIfAborted();
          if (!(error instanceof SmartClawError) || error.code !== "GATEWAY_NOT_READY") throw error;
          if (tries === triesToJudge) throw unhealthy(update, "started, but could not be talked with");
          log.warn({ error: error.message, tries }, "the new release is not reached; it is asked again");
        }
        await deps.pause(askAgainMs, signal);
      }
    },

    async watch(update, signal) {
      const failed = new AbortController();
      const stop = openclaw.onChange(({ phase }) => {
        if (phase === "failed" || phase === "backing-off" || phase === "repairing") failed.abort();
      });
      try {
        await deps.pause(deps.probationMs, AbortSignal.any([signal, failed.signal]));
      } finally {
        stop();
      }
      signal.throwIfAborted();
      if (failed.signal.aborted) throw unhealthy(update, "did not stay up");
    },

    async restore({ from }, signal) {
      await openclaw.stop();
      // The pointer is only written when it is another, so that a full disk is not in the way.
      const named = releases.named();
      const { version, node, state } = from;
      if (named?.openclaw !== version || named.node !== node || named.state !== state) activate(from);
      // Whether it starts is from here on the supervisor's matter, and told as such.
      await untilReady(openclaw, signal).catch((error: unknown) => {
        signal.throwIfAborted();
        log.error({ error: String(error) }, "the earlier release is live again, but does not start");
      });
    },

    async tidy(keep) {
      try {
        await clear();
        for (const { version } of releases.list())
          if (!keep.some((one) => one.version === version)) await releases.remove(version);
        for (const version of readdirSync(deps.compiled))
          if (!keep.some((one) => one.version === version))
            await rm(join(deps.compiled, version), { recursive: true, force: true });
        deps.lists.tidy(keep.map(({ version }) => version));
        await deps.nodes.tidy(keep.map(({ node }) => node));
        for (const id of states.list()) {
          if (keep.some((one) => one.state === id)) continue;
          const path = states.folder(id);
          const aside = !id.endsWith(".part") && existsSync(path);
          if (aside && deps.clock.now() - statSync(path).ctimeMs < keptAsideMs) continue;
          await states.remove(id);
        }
        const known = states.list().map(backupOf);
        for (const name of existsSync(backups) ? readdirSync(backups) : [])
          if (!known.includes(name)) await rm(join(backups, name), { recursive: true, force: true });
      } catch (error) {
        log.warn({ error: String(error) }, "what an update left could not be removed");
      }
    },
  };
}

/** OpenClaw's own backup of a state. */
function backupOf(state: string): string {
  return `${state}.tar.gz`;
}

/** One that was stopped on purpose is waited for: an update would start it. One that does not start needs the update. */
async function mayStop(openclaw: RunningOpenClaw): Promise<boolean> {
  const { phase } = openclaw.state();
  if (phase === "ready") return !(await openclaw.isBusy().catch(() => true));
  return phase === "failed" || phase === "backing-off";
}

function unhealthy({ to }: Transaction, what: string): SmartClawError {
  return new SmartClawError(
    "UPDATE_UNHEALTHY",
    `OpenClaw ${to.version} ${what}.`,
    "Nothing; the earlier version runs again.",
  );
}

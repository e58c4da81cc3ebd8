import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import {
  type Clock,
  type InstallState,
  type Log,
  SmartClawError,
  type SystemStatus,
} from "@smartclaw/contracts";
import type { Pause, ReleaseSource, Transaction, UpdateTarget } from "@smartclaw/updater";
import { replaceFile } from "@smartclaw/vault";
import { compare } from "semver";
import type { Paths } from "../daemon/paths.ts";
import { layOut, listReleases, removeRelease } from "./lay-out.ts";
import { isSnapshotNeeded, listSnapshots } from "./own-data.ts";
import { pointerText, readPointer, type SelfPointer } from "./pointer.ts";
import { isReleaseThere, releaseFolder } from "./programs.ts";

export interface SelfTargetDeps {
  readonly paths: Paths;
  readonly source: ReleaseSource;
  /** Which release this process is, and which one the user installed. */
  readonly running: string;
  readonly installed: string;
  readonly nodeVersion: string;
  readonly status: () => SystemStatus;
  /** Whether a turn, an approval, a typing user or an update of OpenClaw would be disturbed. */
  readonly isBusy: () => Promise<boolean>;
  readonly rehearse: (version: string, signal: AbortSignal) => Promise<void>;
  /** Ends this daemon and lets another one start, which is the release that the pointer names. */
  readonly handOver: (to: { readonly version: string; readonly live: string | null }) => void;
  readonly pause: Pause;
  readonly clock: Clock;
  readonly probationMs: number;
  readonly log: Log;
}

const askAgainMs = 5_000;
const idleLooks = 3;
const lookMs = 2_000;
const handOverMs = 10 * 60_000;
/** The same Node runs all of it; a state is a snapshot, and what was installed first has none. */
const node = "bundled";
const noSnapshot = "none";

/**
 * SmartClaw itself as the updater sees it. From the switch on the work is divided: the release before writes the
 * pointer and hands over, the new one finds the journal and judges itself; whoever finds itself not to be what the
 * journal expects knows that the other one was given up.
 */
export function createSelfTarget(deps: SelfTargetDeps): UpdateTarget {
  const { paths, running, installed, log } = deps;
  const write = (pointer: SelfPointer): void =>
    replaceFile(paths.selfPointer, pointerText(pointer), { mode: 0o600 });
  const nameOf = (version: string): string | null => (version === installed ? null : version);
  const snapshotOf = (state: string): string | null => (state === noSnapshot ? null : state);

  /** Does not come back: the daemon is ended, and the signal with it. */
  const handOver = async (version: string, signal: AbortSignal): Promise<never> => {
    deps.handOver({ version, live: nameOf(version) });
    await deps.pause(handOverMs, signal);
    signal.throwIfAborted();
    throw new SmartClawError(
      "UPDATE_INTERRUPTED",
      "SmartClaw could not end itself for its update.",
      "Nothing; it is tried again by itself.",
    );
  };

  const beforeFile = join(paths.selfWork, "before.json");
  const wasReady = ({ id }: Transaction): boolean => {
    try {
      const before = JSON.parse(readFileSync(beforeFile, "utf8")) as { id: unknown; openclawReady: unknown };
      return before.id === id && before.openclawReady === true;
    } catch {
      return false;
    }
  };
  const openclawFailed = (): boolean =>
    ["failed", "backing-off"].includes(deps.status().openclaw.gateway.phase);

  /** An OpenClaw that worked under the release before has to work under this one. */
  const judgeOpenClaw = async (update: Transaction, signal: AbortSignal): Promise<void> => {
    while (wasReady(update) && deps.status().openclaw.gateway.phase !== "ready") {
      if (openclawFailed()) throw withoutOpenClaw(update);
      await deps.pause(lookMs, signal);
      signal.throwIfAborted();
    }
  };

  return {
    live: () => ({
      version: running,
      node,
      state: readPointer(paths.selfPointer).snapshot ?? noSnapshot,
    }),
    baseFor: (previous) => previous.state,

    async stage({ to }, progress, signal) {
      if (to.version === installed || isReleaseThere(paths.releases, to.version)) return;
      const folder = join(paths.selfWork, "archives");
      const startedAt = deps.clock.now();
      const archive = await deps.source.fetch(
        to.version,
        folder,
        (received, total) => progress(downloading(to.version, received, total, startedAt)),
        signal,
      );
      await layOut({
        archive,
        releases: paths.releases,
        version: to.version,
        nodeVersion: deps.nodeVersion,
      });
      await rm(folder, { recursive: true, force: true });
    },

    rehearse: ({ to }, signal) => deps.rehearse(to.version, signal),

    async awaitIdle(_update, signal) {
      for (let idle = 0; idle < idleLooks;) {
        idle = mayRestart(deps.status()) && !(await deps.isBusy().catch(() => true)) ? idle + 1 : 0;
        if (idle < idleLooks) await deps.pause(askAgainMs, signal);
        signal.throwIfAborted();
      }
    },

    // OpenClaw is ended by the daemon's own end; what is noted is what the new release must bring back.
    stop(update) {
      const openclawReady = deps.status().openclaw.gateway.phase === "ready";
      writeFileSync(beforeFile, JSON.stringify({ id: update.id, openclawReady }), { mode: 0o600 });
      return Promise.resolve();
    },
    // The next daemon takes the snapshot, when nothing is open.
    copyState: () => Promise.resolve(),

    activate(to) {
      const { live, snapshot, trial } = readPointer(paths.selfPointer);
      if (trial !== null && live === nameOf(to.version)) return;
      write({
        live: nameOf(to.version),
        snapshot: to.state,
        trial: { from: live, fromSnapshot: snapshot, starts: 0 },
        // Back to an older release goes the data that it left, as far as it cannot read the newer form.
        restore: compare(to.version, running) < 0 ? snapshot : null,
      });
    },

    async startAndJudge(update, signal) {
      const { to, from } = update;
      const { live } = readPointer(paths.selfPointer);
      if (running === to.version) return await judgeOpenClaw(update, signal);
      if (live === nameOf(to.version)) return handOver(to.version, signal);
      throw new SmartClawError(
        "UPDATE_UNHEALTHY",
        `SmartClaw ${to.version} was started and did not work.`,
        `Nothing; ${from.version} runs again.`,
      );
    },

    async watch(update, signal) {
      const end = performance.now() + deps.probationMs;
      while (performance.now() < end) {
        await deps.pause(Math.min(lookMs, deps.probationMs), signal);
        signal.throwIfAborted();
        if (wasReady(update) && openclawFailed()) throw withoutOpenClaw(update);
      }
      write({ ...readPointer(paths.selfPointer), trial: null });
    },

    async restore({ from }, signal) {
      const pointer = readPointer(paths.selfPointer);
      const back = { live: nameOf(from.version), snapshot: snapshotOf(from.state), trial: null };
      if (pointer.live !== back.live || pointer.trial !== null)
        write({ ...back, restore: running === from.version ? pointer.restore : pointer.snapshot });
      if (running !== from.version) await handOver(from.version, signal);
    },

    async tidy(keep) {
      try {
        for (const name of listReleases(paths.releases))
          if (!keep.some(({ version }) => version === name) && name !== running)
            await removeRelease(releaseFolder(paths.releases, name));
        for (const name of listSnapshots(paths.selfSnapshots)) {
          const folder = join(paths.selfSnapshots, name);
          // Deleted keys are in it, sealed; what can never be brought back is not kept.
          const wanted = keep.some(({ state }) => state === name) && isSnapshotNeeded(paths, folder);
          if (!wanted && existsSync(folder)) await rm(folder, { recursive: true, force: true });
        }
      } catch (error) {
        log.warn({ error: String(error) }, "what an update of SmartClaw left could not be removed");
      }
    },
  };
}

function withoutOpenClaw({ to }: Transaction): SmartClawError {
  return new SmartClawError(
    "UPDATE_UNHEALTHY",
    `OpenClaw did not start under SmartClaw ${to.version}, as it did before.`,
    "Nothing; the earlier version comes back.",
  );
}

/** A vault that a person opened would be locked after a restart, and the assistant without a key until they come back. */
function mayRestart({ vault }: SystemStatus): boolean {
  return vault.openedBy !== "passphrase" && vault.openedBy !== "recovery-phrase";
}

/** How the download of an archive stands. */
function downloading(
  version: string,
  bytesDone: number,
  bytesTotal: number,
  startedAt: number,
): InstallState {
  const whole = bytesDone === bytesTotal ? 1 : 0;
  return {
    state: "installing",
    version,
    stage: "download",
    bytesDone,
    bytesTotal,
    packagesDone: whole,
    packagesTotal: 1,
    startedAt,
  };
}

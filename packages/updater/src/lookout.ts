import {
  type Clock,
  type ErrorReport,
  type Log,
  reportOf,
  type UpdateObstacle,
  type UpdateVerdict,
} from "@smartclaw/contracts";
import { type Conditions, fetchObstacle } from "./fetch-obstacle.ts";
import { growAcquaintance } from "./find/acquaintance.ts";
import { chooseUpdate } from "./find/choose-update.ts";
import type { RuntimeFinder } from "./runtime-finder.ts";
import {
  dueAt,
  firstSchedule,
  isDue,
  type Moment,
  nextSchedule,
  retrySchedule,
  type Schedule,
} from "./schedule.ts";
import type { UpdateStore } from "./store/update-store.ts";
import type { Live } from "./transaction/transaction.ts";

/** Where releases are found. */
export interface ReleaseFinder {
  /** @throws SmartClawError when it cannot be asked, or is not to be trusted */
  newest(signal: AbortSignal): Promise<{ readonly version: string; readonly bytes: number }>;
  /** @returns the versions of Node that it runs on, as a range of semver */
  release(version: string, signal: AbortSignal): Promise<{ readonly node: string; readonly bytes: number }>;
}

export interface LookoutDeps {
  readonly store: UpdateStore;
  readonly registry: ReleaseFinder;
  readonly runtimes: RuntimeFinder | null;
  /** The Node that came with SmartClaw, as `process.versions.node`. */
  readonly nodeVersion: string;
  /** What this computer is connected to. Never rejects. */
  readonly conditions: (signal: AbortSignal) => Promise<Conditions>;
  readonly live: () => Live | null;
  /** Whether an update is under way. */
  readonly isUpdating: () => boolean;
  /** Begins the update that was found. */
  readonly begin: (from: Live, to: Pick<Live, "version" | "node">) => void;
  readonly announce: () => void;
  readonly clock: Clock;
  /** Whole milliseconds of a clock that nobody can set. */
  readonly steady: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  /** Ends what is asked. */
  readonly signal: AbortSignal;
  readonly log: Log;
}

/** Looks for newer releases, by itself and on request, and decides what becomes of what it finds. */
export interface Lookout {
  /** What becomes of the release that was offered last. */
  verdict(): UpdateVerdict | null;
  /** When it looks next by itself, as a time of the clock on the wall. */
  nextLookAt(): number;
  /** Asks now. A look that fails is written down, and told nobody. */
  look(): Promise<void>;
  /** To be called now and then: looks when it is time. */
  tick(): void;
  /** Resolves when nothing is asked any more. */
  settled(): Promise<void>;
}

export const historyLimit = 1000;

export function createLookout(deps: LookoutDeps): Lookout {
  const { store, runtimes, clock, log, signal } = deps;
  const now = (): Moment => ({ wall: clock.now(), steady: deps.steady() });
  let schedule = firstSchedule(now());
  /** Why the release that was chosen is not fetched yet, and when that is looked at again. */
  let postponed: { readonly obstacle: UpdateObstacle; readonly again: Schedule } | null = null;
  let looking: Promise<void> | null = null;

  /**
   * By the settings and the history of now, whatever this computer is connected to.
   * @param needs for another `engines.node` than the release is known to have
   */
  function chosen(needs?: string): UpdateVerdict | null {
    const { offer, acquaintance, settings } = store.memory();
    const from = deps.live();
    if (offer === null || from === null) return null;
    const at = clock.now();
    const { knownForMs } = growAcquaintance(acquaintance, offer.version, at);
    return chooseUpdate(
      { version: offer.version, node: needs ?? offer.node, knownForMs },
      {
        live: from.version,
        runtimes: runtimes?.atHand() ?? { bundled: deps.nodeVersion, installed: [] },
        runtimeOffer: runtimes?.offer(at) ?? null,
        settings,
        history: store.history(historyLimit),
        now: at,
      },
    );
  }

  function verdict(): UpdateVerdict | null {
    const found = chosen();
    if (postponed === null || found?.verdict !== "install" || !store.memory().settings.automatic)
      return found;
    return { verdict: "postponed", version: found.version, obstacle: postponed.obstacle };
  }

  /** Asks the registry, and for more than a version only when that could be installed. @returns bytes received */
  async function ask(at: number): Promise<number> {
    const { settings, acquaintance, offer } = store.memory();
    const newest =
      settings.pinned === null ? await deps.registry.newest(signal) : { version: settings.pinned, bytes: 0 };
    const { version } = newest;
    store.remember({
      acquaintance: growAcquaintance(acquaintance, version, at),
      offer: offer?.version === version ? offer : { version, node: "*" },
    });
    // A Node that was missing at the last look may be there at this one.
    if (chosen(runtimes === null ? undefined : "*")?.verdict !== "install") return newest.bytes;
    const { node, bytes } = await deps.registry.release(version, signal);
    store.remember({ offer: { version, node } });
    return newest.bytes + bytes + ((await runtimes?.look(node, at, signal)) ?? 0);
  }

  /** Asks what stands in the way of what SmartClaw would fetch by itself now. */
  async function weigh(): Promise<void> {
    const wanted = chosen()?.verdict === "install" && store.memory().settings.automatic;
    const obstacle = wanted ? fetchObstacle(await deps.conditions(signal)) : null;
    postponed = obstacle === null ? null : { obstacle, again: retrySchedule(now()) };
  }

  async function lookOnce(): Promise<void> {
    const at = clock.now();
    let bytes = 0;
    let error: ErrorReport | null = null;
    try {
      bytes = await ask(at);
      await weigh();
      beginWhatWasFound();
    } catch (fault) {
      error = reportOf(fault);
      log.warn({ error }, "a look for newer releases failed");
    }
    schedule = nextSchedule(now(), deps.random());
    attemptToRemember({ lastCheck: { at, bytes, error } });
    deps.announce();
  }

  function beginWhatWasFound(): void {
    const from = deps.live();
    const found = verdict();
    const { offer, settings } = store.memory();
    if (from === null || found?.verdict !== "install" || !settings.automatic || deps.isUpdating()) return;
    deps.begin(from, { version: found.version, node: runtimes?.choose(offer?.node ?? "*") ?? from.node });
  }

  function attemptToRemember(change: Parameters<UpdateStore["remember"]>[0]): void {
    try {
      store.remember(change);
    } catch (error) {
      log.warn({ error: reportOf(error) }, "what was learned of updates could not be written down");
    }
  }

  /** Looks at what is in the way, which asks nobody outside; a whole look follows when nothing is any more. */
  async function reconsider(): Promise<void> {
    await weigh();
    if (postponed === null) await lookOnce();
    else deps.announce();
  }

  function oneAtATime(work: () => Promise<void>): Promise<void> {
    looking ??= work().finally(() => (looking = null));
    return looking;
  }

  return {
    verdict,
    nextLookAt() {
      const dates = postponed === null ? [schedule] : [schedule, postponed.again];
      return Math.min(...dates.map((date) => dueAt(date, now())));
    },
    look: () => oneAtATime(lookOnce),
    tick() {
      if (!store.memory().settings.automatic || deps.isUpdating()) return;
      if (isDue(schedule, now())) void oneAtATime(lookOnce);
      else if (postponed !== null && isDue(postponed.again, now())) void oneAtATime(reconsider);
    },
    settled: () => looking ?? Promise.resolve(),
  };
}

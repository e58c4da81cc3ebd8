import {
  type Clock,
  type ErrorReport,
  type InstallState,
  type Log,
  reportOf,
  type UpdateComponent,
  type UpdateObstacle,
  type UpdateRecord,
  type UpdateSettings,
  type UpdateStatus,
  type UpdateVerdict,
  type Unsubscribe,
} from "@smartclaw/contracts";
import { growAcquaintance } from "./find/acquaintance.ts";
import { chooseUpdate, failureOf } from "./find/choose-update.ts";
import { type Conditions, fetchObstacle } from "./fetch-obstacle.ts";
import { createPause } from "./pause.ts";
import {
  calledOff,
  isCalledOff,
  noEarlier,
  objected,
  refuseUpdate,
  refuseWhile,
  requireLive,
} from "./refusals.ts";
import {
  dueAt,
  firstSchedule,
  isDue,
  type Moment,
  nextSchedule,
  retrySchedule,
  type Schedule,
} from "./schedule.ts";
import { createRuntimeFinder, type RuntimeSource } from "./runtime-finder.ts";
import type { UpdateStore } from "./store/update-store.ts";
import { runTransaction } from "./transaction/run-transaction.ts";
import { reduceTransaction } from "./transaction/transaction-reducer.ts";
import type { Live, Transaction } from "./transaction/transaction.ts";
import type { UpdateTarget } from "./transaction/update-target.ts";

/** Where releases are found. */
interface ReleaseFinder {
  /** @throws SmartClawError when it cannot be asked, or is not to be trusted */
  newest(signal: AbortSignal): Promise<{ readonly version: string; readonly bytes: number }>;
  /** @returns the versions of Node that it runs on, as a range of semver */
  release(version: string, signal: AbortSignal): Promise<{ readonly node: string; readonly bytes: number }>;
}

export interface UpdaterDeps {
  readonly component: UpdateComponent;
  readonly store: UpdateStore;
  readonly target: UpdateTarget;
  readonly registry: ReleaseFinder;
  /** The Node that releases run on, as `process.versions.node`. */
  readonly nodeVersion: string;
  /** Where they get another one from; without it there is none. */
  readonly runtimes?: RuntimeSource;
  /** What this computer is connected to. Never rejects. */
  readonly conditions: (signal: AbortSignal) => Promise<Conditions>;
  readonly clock: Clock;
  /** Whole milliseconds of a clock that nobody can set. */
  readonly steady: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly newId: () => string;
  readonly setTimer: (ms: number, run: () => void) => Unsubscribe;
  readonly log: Log;
}

/** Keeps one component up to date, by itself and on request. */
export interface Updater {
  status(): UpdateStatus;
  onChange(listener: () => void): Unsubscribe;
  /** The newest first. */
  history(limit: number): readonly UpdateRecord[];
  /** Looks for a newer release now, and begins the update when it is to be installed. A look that fails is told in the status. */
  check(): Promise<UpdateStatus>;
  /** Begins an update now. @throws SmartClawError UPDATE_RUNNING, UPDATE_REFUSED, NETWORK_UNREACHABLE */
  apply(version?: string): Promise<UpdateStatus>;
  /**
   * Begins the way back to the release before; a new release on trial is given up at once.
   * @throws SmartClawError NOT_FOUND when there is none, UPDATE_RUNNING
   */
  goBack(): Promise<UpdateStatus>;
  /** An update that is not switched yet and is not wanted by these settings is broken off. @throws SmartClawError DISK_FULL */
  change(settings: Partial<UpdateSettings>): UpdateStatus;
  /**
   * Goes on with what the journal holds, and begins to look. To be called once, before the component is started.
   * @returns whether an update under way starts the component; else the caller does.
   */
  start(): boolean;
  /** Stops looking. An update under way is left as it is, for the next start. */
  close(): Promise<void>;
}

/** How often the schedule is looked at, in milliseconds: a timer of six hours does not survive a sleeping machine. */
const tickMs = 30_000;
const historyLimit = 1000;

export function createUpdater(deps: UpdaterDeps): Updater {
  const { component, store, target, clock, log } = deps;
  const listeners = new Set<() => void>();
  const runtimes =
    deps.runtimes === undefined
      ? null
      : createRuntimeFinder({ source: deps.runtimes, bundled: deps.nodeVersion, store });
  const stopping = new AbortController();
  let objection = new AbortController();
  let current: Transaction | null = store.journal();
  let install: InstallState | null = null;
  let running: Promise<void> = Promise.resolve();
  let checking: Promise<UpdateStatus> | null = null;
  const now = (): Moment => ({ wall: clock.now(), steady: deps.steady() });
  let schedule = firstSchedule(now());
  /** Why the release that was chosen is not fetched yet, and when that is looked at again. */
  let postponed: { readonly obstacle: UpdateObstacle; readonly again: Schedule } | null = null;
  let cancelTick: Unsubscribe = () => {};

  const announce = (): void => {
    for (const listener of listeners) listener();
  };
  const liveOf = (): Live | null => {
    try {
      return target.live();
    } catch {
      // The Status page says what is wrong with it, and how it is put right.
      return null;
    }
  };

  function status(): UpdateStatus {
    const { settings, lastCheck, previous } = store.memory();
    return {
      component,
      settings,
      live: liveOf()?.version ?? null,
      previous: previous?.version ?? null,
      running: current === null ? null : { ...shown(current), install },
      lastCheck,
      nextCheckAt: settings.automatic ? nextLookAt() : null,
      found: verdict(),
      last: store.history(1)[0] ?? null,
    };
  }

  function nextLookAt(): number {
    const dates = postponed === null ? [schedule] : [schedule, postponed.again];
    return Math.min(...dates.map((date) => dueAt(date, now())));
  }

  function run(first: Transaction, start: "new" | "resumed"): void {
    current = first;
    objection = new AbortController();
    running = carryThrough(first, start);
  }

  async function carryThrough(first: Transaction, start: "new" | "resumed"): Promise<void> {
    const record = await runTransaction(first, start, {
      store,
      target,
      clock,
      log,
      signal: stopping.signal,
      objection: objection.signal,
      pause: createPause(deps.setTimer),
      onStep(step) {
        current = step;
        install = null;
        announce();
      },
      onProgress(state) {
        install = state;
        announce();
      },
    });
    if (stopping.signal.aborted) return;
    current = null;
    install = null;
    // What could not be written down is still in the journal, and needs all that it names at the next start.
    if (record !== null) await tidy(record.outcome === "aborted" ? [first.to] : []);
    announce();
  }

  /** @param wanted a release that was broken off is tried again, and need not be fetched again for that */
  async function tidy(wanted: readonly Live[]): Promise<void> {
    const { previous } = store.memory();
    const now = liveOf();
    // Who does not know what is live cannot know what is superfluous.
    if (now !== null) await target.tidy([now, ...(previous === null ? [] : [previous]), ...wanted]);
  }

  /** What becomes of the release that was offered last. */
  function verdict(): UpdateVerdict | null {
    const found = chosen();
    if (postponed === null || found?.verdict !== "install" || !store.memory().settings.automatic)
      return found;
    return { verdict: "postponed", version: found.version, obstacle: postponed.obstacle };
  }

  /**
   * The same by the settings and the history of now, whatever this computer is connected to.
   * @param needs for another `engines.node` than the release is known to have
   */
  function chosen(needs?: string): UpdateVerdict | null {
    const { offer, acquaintance, settings } = store.memory();
    const from = liveOf();
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

  function attemptToRemember(change: Parameters<UpdateStore["remember"]>[0]): void {
    try {
      store.remember(change);
    } catch (error) {
      log.warn({ error: reportOf(error) }, "what was learned of updates could not be written down");
    }
  }

  function begin(
    kind: Transaction["kind"],
    from: Live,
    { version, node }: Pick<Live, "version" | "node">,
    base: string,
    insisted: boolean,
  ): void {
    const id = deps.newId();
    const at = clock.now();
    const to: Live = { version, node, state: `${version}-${id}` };
    run(
      {
        id,
        component,
        kind,
        step: "staging",
        from,
        to,
        base,
        insisted,
        startedAt: at,
        stepAt: at,
        starts: 0,
        error: null,
      },
      "new",
    );
    announce();
  }

  /** Asks what stands in the way of what SmartClaw would fetch by itself now. */
  async function weigh(): Promise<void> {
    const wanted = chosen()?.verdict === "install" && store.memory().settings.automatic;
    const obstacle = wanted ? fetchObstacle(await deps.conditions(stopping.signal)) : null;
    postponed = obstacle === null ? null : { obstacle, again: retrySchedule(now()) };
  }

  async function look(): Promise<UpdateStatus> {
    const at = clock.now();
    let bytes = 0;
    let error: ErrorReport | null = null;
    try {
      bytes = await ask(at);
      await weigh();
      const from = liveOf();
      const found = verdict();
      const { offer, settings } = store.memory();
      if (from !== null && found?.verdict === "install" && settings.automatic && current === null) {
        const node = runtimes?.choose(offer?.node ?? "*") ?? from.node;
        begin("update", from, { version: found.version, node }, from.state, false);
      }
    } catch (fault) {
      error = reportOf(fault);
      log.warn({ error }, "a look for newer releases failed");
    }
    schedule = nextSchedule(now(), deps.random());
    attemptToRemember({ lastCheck: { at, bytes, error } });
    announce();
    return status();
  }

  /** Asks the registry, and for more than a version only when that could be installed. @returns bytes received */
  async function ask(at: number): Promise<number> {
    const { settings, acquaintance, offer } = store.memory();
    const newest =
      settings.pinned === null
        ? await deps.registry.newest(stopping.signal)
        : { version: settings.pinned, bytes: 0 };
    const { version } = newest;
    store.remember({
      acquaintance: growAcquaintance(acquaintance, version, at),
      offer: offer?.version === version ? offer : { version, node: "*" },
    });
    // A Node that was missing at the last look may be there at this one.
    if (chosen(runtimes === null ? undefined : "*")?.verdict !== "install") return newest.bytes;
    const { node, bytes } = await deps.registry.release(version, stopping.signal);
    store.remember({ offer: { version, node } });
    return newest.bytes + bytes + ((await runtimes?.look(node, at, stopping.signal)) ?? 0);
  }

  /** Looks at what is in the way, which asks nobody outside; a whole look follows when nothing is any more. */
  async function reconsider(): Promise<UpdateStatus> {
    await weigh();
    if (postponed === null) return look();
    announce();
    return status();
  }

  function check(how: () => Promise<UpdateStatus> = look): Promise<UpdateStatus> {
    checking ??= how().finally(() => (checking = null));
    return checking;
  }

  function tick(): void {
    cancelTick = deps.setTimer(tickMs, tick);
    if (!store.memory().settings.automatic || current !== null) return;
    if (isDue(schedule, now())) void check();
    else if (postponed !== null && isDue(postponed.again, now())) void check(reconsider);
  }

  return {
    status,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    history: (limit) => store.history(limit),
    check: () => check(),
    async apply(wanted) {
      refuseWhile(current);
      const from = requireLive(component, liveOf());
      const { settings } = store.memory();
      const version = wanted ?? settings.pinned ?? (await deps.registry.newest(stopping.signal)).version;
      refuseUpdate(component, version, from.version, settings);
      const failed = failureOf(version, store.history(historyLimit)) !== null;
      const needs = async (): Promise<string> => (await deps.registry.release(version, stopping.signal)).node;
      const node = (await runtimes?.find(version, needs, stopping.signal)) ?? from.node;
      refuseWhile(current);
      begin("update", from, { version, node }, from.state, failed);
      return status();
    },
    async goBack() {
      if (current?.step === "trial" || current?.step === "probation") {
        objection.abort(objected(current));
        return status();
      }
      refuseWhile(current);
      const from = requireLive(component, liveOf());
      const { previous } = store.memory();
      if (previous === null) throw noEarlier();
      const { version } = previous;
      const node = runtimes?.again(version, previous.node) ?? previous.node;
      begin("go-back", from, { version, node }, target.baseFor(previous, from), false);
      return status();
    },
    change(change) {
      const { settings } = store.memory();
      const next = { ...settings, ...change };
      store.remember({ settings: next });
      if (current !== null && isCalledOff(current, next)) objection.abort(calledOff(current));
      announce();
      return status();
    },
    start() {
      tick();
      const found = current;
      if (found === null) return false;
      log.warn({ step: found.step, to: found.to.version }, "an update was cut off; it is brought to an end");
      run(found, "resumed");
      return reduceTransaction(found, { type: "resumed", at: clock.now() }).transaction !== null;
    },
    async close() {
      cancelTick();
      stopping.abort();
      await Promise.all([running, checking]);
      store.close();
    },
  };
}

function shown({ component, from, to, kind, step, startedAt, stepAt }: Transaction) {
  return { component, from: from.version, to: to.version, kind, step, startedAt, stepAt };
}

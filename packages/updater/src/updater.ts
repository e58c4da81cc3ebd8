import {
  type Clock,
  type InstallState,
  type Log,
  type UpdateComponent,
  type UpdateRecord,
  type UpdateSettings,
  type UpdateStatus,
  type Unsubscribe,
} from "@smartclaw/contracts";
import type { Conditions } from "./fetch-obstacle.ts";
import { failureOf } from "./find/choose-update.ts";
import { createLookout, historyLimit, type ReleaseFinder } from "./lookout.ts";
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
import { createRuntimeFinder, type RuntimeSource } from "./runtime-finder.ts";
import type { UpdateStore } from "./store/update-store.ts";
import { runTransaction } from "./transaction/run-transaction.ts";
import { reduceTransaction } from "./transaction/transaction-reducer.ts";
import type { Live, Transaction } from "./transaction/transaction.ts";
import type { UpdateTarget } from "./transaction/update-target.ts";

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
  const lookout = createLookout({
    ...deps,
    runtimes,
    live: liveOf,
    isUpdating: () => current !== null,
    begin: (from, to) => begin("update", from, to, from.state, false),
    announce,
    signal: stopping.signal,
  });

  function status(): UpdateStatus {
    const { settings, lastCheck, previous } = store.memory();
    return {
      component,
      settings,
      live: liveOf()?.version ?? null,
      previous: previous?.version ?? null,
      running: current === null ? null : { ...shown(current), install },
      lastCheck,
      nextCheckAt: settings.automatic ? lookout.nextLookAt() : null,
      found: lookout.verdict(),
      last: store.history(1)[0] ?? null,
    };
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

  function tick(): void {
    cancelTick = deps.setTimer(tickMs, tick);
    lookout.tick();
  }

  return {
    status,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    history: (limit) => store.history(limit),
    async check() {
      await lookout.look();
      return status();
    },
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
      await Promise.all([running, lookout.settled()]);
      store.close();
    },
  };
}

function shown({ component, from, to, kind, step, startedAt, stepAt }: Transaction) {
  return { component, from: from.version, to: to.version, kind, step, startedAt, stepAt };
}

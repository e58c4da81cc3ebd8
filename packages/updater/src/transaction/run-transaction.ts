import {
  type Clock,
  type ErrorReport,
  type InstallState,
  type Log,
  reportOf,
  SmartClawError,
  type UpdateRecord,
} from "@smartclaw/contracts";
import type { Pause } from "../pause.ts";
import type { UpdateStore } from "../store/update-store.ts";
import { reduceTransaction, type TransactionEvent } from "./transaction-reducer.ts";
import { type Transaction, workOf } from "./transaction.ts";
import type { UpdateTarget } from "./update-target.ts";

/** Between two attempts to bring the earlier release back, in milliseconds. */
const restoreAgainMs = 10_000;

/** What a transaction is carried out with. */
export interface TransactionDeps {
  readonly store: Pick<UpdateStore, "write" | "end">;
  readonly target: UpdateTarget;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly objection: AbortSignal;
  readonly pause: Pause;
  readonly onStep: (transaction: Transaction) => void;
  readonly onProgress: (state: InstallState) => void;
}

/**
 * Carries an update through to its end: writes each step to the journal, then does its work. Whatever fails is an
 * event, a full disk under the journal too. Only the way back is also gone when it cannot be written down.
 *
 * @param deps.signal the daemon is being stopped: the next one goes on from the journal.
 * @param deps.objection the user does not want the release; its reason is an `ErrorReport`.
 * @returns null when the daemon is being stopped, or when the end could not be written down.
 */
export async function runTransaction(
  first: Transaction,
  start: "new" | "resumed",
  deps: TransactionDeps,
): Promise<UpdateRecord | null> {
  const { store, clock, log, signal } = deps;
  let current = first;
  let event: TransactionEvent | null = start === "resumed" ? { type: "resumed", at: clock.now() } : null;
  while (!signal.aborted) {
    if (event !== null) {
      const { transaction, record } = reduceTransaction(current, event);
      if (record !== null) {
        log.info({ ...record }, "an update has ended");
        const unwritten = attempt(() => store.end(record, current.from));
        if (unwritten === null) return record;
        log.error({ error: unwritten }, "the end of an update could not be written down");
        return null;
      }
      if (current.step === "rolling-back" && event.type === "failed")
        await deps.pause(restoreAgainMs, signal);
      current = transaction;
    }
    const unwritten = attempt(() => store.write(current));
    const { step } = current;
    deps.onStep(current);
    log.info({ step, from: current.from.version, to: current.to.version }, "an update goes on");
    const error = unwritten !== null && step !== "rolling-back" ? unwritten : await work(current, deps);
    if (error !== null) log.warn({ step, error }, "a step of an update failed");
    event = error === null ? { type: "done", at: clock.now() } : { type: "failed", at: clock.now(), error };
  }
  return null;
}

function attempt(write: () => void): ErrorReport | null {
  try {
    write();
    return null;
  } catch (error) {
    return reportOf(error);
  }
}

async function work(update: Transaction, deps: TransactionDeps): Promise<ErrorReport | null> {
  const { target, objection } = deps;
  const signal = AbortSignal.any([deps.signal, objection]);
  try {
    switch (workOf[update.step]) {
      case "stage":
        await target.stage(update, deps.onProgress, signal);
        break;
      case "rehearse":
        await target.rehearse(update, signal);
        break;
      case "await-idle":
        await target.awaitIdle(update, signal);
        break;
      case "stop":
        await target.stop(update);
        break;
      case "copy-state":
        await target.copyState(update);
        break;
      case "activate":
        target.activate(update.to);
        break;
      case "start-and-judge":
        await target.startAndJudge(update, signal);
        break;
      case "watch":
        await target.watch(update, signal);
        break;
      case "restore":
        // The user's objection leads here; only the daemon's end leads out.
        await target.restore(update, deps.signal);
    }
    return null;
  } catch (error) {
    if (objection.aborted) return objection.reason as ErrorReport;
    if (!(error instanceof SmartClawError))
      deps.log.error({ step: update.step, error: String(error) }, "an unexpected fault in an update");
    return reportOf(error);
  }
}

import type { InstallState } from "@smartclaw/contracts";
import type { Live, Transaction } from "./transaction.ts";

/**
 * What is updated, as the transaction needs it. Every method may be called again after it was cut off at any
 * instruction, and then does what is left to do. Faults are SmartClawErrors: codes of the machine's (no space, no
 * network, cancelled) do not count against the release, all others do.
 */
export interface UpdateTarget {
  /** What the pointer names; null before the first installation. @throws SmartClawError STORAGE_CORRUPT */
  live(): Live | null;
  /**
   * The state that a release of `version` can be given on the way back from what is live: the live one when it can
   * read that, else the one it left itself.
   */
  baseFor(previous: Live, live: Live): string;
  /**
   * Fetches, checks and lays out the release beside the running one.
   * @throws SmartClawError UPDATE_REFUSED when its packages are not to be trusted; `insisted` lets doubts pass, not faults
   */
  stage(update: Transaction, progress: (state: InstallState) => void, signal: AbortSignal): Promise<void>;
  /** Starts the release on a copy of the state, on a port of its own, and has it answer. */
  rehearse(update: Transaction, signal: AbortSignal): Promise<void>;
  /** Resolves when no turn, no approval and no typing user would be disturbed, with what runs backed up by its own means. */
  awaitIdle(update: Transaction, signal: AbortSignal): Promise<void>;
  /** Ends what runs. */
  stop(update: Transaction): Promise<void>;
  /** Makes the state `to.state` from `base`, whole and durable, or not at all. */
  copyState(update: Transaction): Promise<void>;
  /** Makes `to` what is started from now on; atomic and durable. */
  activate(to: Live): void;
  /** Starts what is live and checks that it can do what `from` could. */
  startAndJudge(update: Transaction, signal: AbortSignal): Promise<void>;
  /** Resolves when `to` ran long enough without a fault. */
  watch(update: Transaction, signal: AbortSignal): Promise<void>;
  /** Ends what runs, makes `from` live again, and resolves when it answers. */
  restore(update: Transaction, signal: AbortSignal): Promise<void>;
  /** Removes what an ended update left: releases and states beyond those that are kept. Never throws. */
  tidy(keep: readonly Live[]): Promise<void>;
}

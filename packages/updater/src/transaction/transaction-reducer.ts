import {
  componentNames,
  type ErrorReport,
  type UpdateComponent,
  type UpdateRecord,
  type UpdateStep,
} from "@smartclaw/contracts";
import type { Transaction } from "./transaction.ts";

export type TransactionEvent =
  /** The work of the step is done. */
  | { readonly type: "done"; readonly at: number }
  /** The work of the step failed. */
  | { readonly type: "failed"; readonly at: number; readonly error: ErrorReport }
  /** The daemon starts and finds the transaction in its journal; nothing says how far the step's work came. */
  | { readonly type: "resumed"; readonly at: number };

export type TransactionStep =
  | { readonly transaction: Transaction; readonly record: null }
  /** It has ended: the record takes the place of the journal, in one write. */
  | { readonly transaction: null; readonly record: UpdateRecord };

/**
 * A new release may be started so often, daemon's restarts included, before it counts as failed. SmartClaw's own first
 * one is the one before's, which only hands over.
 */
const maxStarts: Readonly<Record<UpdateComponent, number>> = { openclaw: 3, smartclaw: 4 };

const next: Readonly<Partial<Record<UpdateStep, UpdateStep>>> = {
  staging: "rehearsing",
  rehearsing: "waiting",
  waiting: "stopping",
  stopping: "copying",
  copying: "switching",
  switching: "trial",
  trial: "probation",
};

/**
 * Decides how an update goes on. No I/O, no clock. Until `stopping` nothing that runs was touched, so a failure ends
 * it; from there every failure leads through `rolling-back`, which starts the earlier release again, and which has no
 * way out but to succeed.
 */
export function reduceTransaction(state: Transaction, event: TransactionEvent): TransactionStep {
  switch (event.type) {
    case "done":
      return done(state, event.at);
    case "failed":
      return failed(state, event.error, event.at);
    case "resumed":
      return resumed(state, event.at);
  }
}

function done(state: Transaction, at: number): TransactionStep {
  if (state.step === "probation") return ended(state, "committed", null, at);
  if (state.step === "rolling-back") return ended(state, outcomeOf(state), state.error, at);
  const step = next[state.step] ?? state.step;
  return enter({ ...state, starts: step === "trial" ? 1 : state.starts }, step, at);
}

function failed(state: Transaction, error: ErrorReport, at: number): TransactionStep {
  switch (state.step) {
    case "staging":
    case "rehearsing":
    case "waiting":
      return ended(state, isOutside(error) ? "aborted" : "refused", error, at);
    case "rolling-back":
      // The first reason stays; the runner tries again after a while.
      return enter(state, "rolling-back", at);
    default:
      return enter({ ...state, error }, "rolling-back", at);
  }
}

function resumed(state: Transaction, at: number): TransactionStep {
  switch (state.step) {
    case "staging":
    case "rehearsing":
    case "waiting":
      return ended(state, "aborted", interrupted, at);
    case "stopping":
    case "copying":
      return enter({ ...state, error: interrupted }, "rolling-back", at);
    case "switching":
      // The copy is whole; whether the pointer was changed does not matter, as it is written again.
      return enter(state, "switching", at);
    case "trial":
    case "probation":
      return state.starts < maxStarts[state.component]
        ? enter({ ...state, starts: state.starts + 1 }, "trial", at)
        : enter({ ...state, error: neverHeld(state) }, "rolling-back", at);
    case "rolling-back":
      return enter(state, "rolling-back", at);
  }
}

function enter(state: Transaction, step: UpdateStep, at: number): TransactionStep {
  return { transaction: { ...state, step, stepAt: at }, record: null };
}

function ended(
  { id, component, kind, from, to }: Transaction,
  outcome: UpdateRecord["outcome"],
  error: ErrorReport | null,
  at: number,
): TransactionStep {
  return {
    transaction: null,
    record: { id, component, at, from: from.version, to: to.version, kind, outcome, error },
  };
}

/** Before the new release was started once, it cannot be the reason. */
function outcomeOf({ starts, error }: Transaction): UpdateRecord["outcome"] {
  return starts === 0 || (error !== null && isOutside(error)) ? "aborted" : "rolled-back";
}

/** Faults of the machine or its owner, which say nothing of the release. */
const outside: ReadonlySet<ErrorReport["code"]> = new Set([
  "CANCELLED",
  "DISK_FULL",
  "INSTALL_FAILED",
  "NETWORK_UNREACHABLE",
  "PORT_IN_USE",
  "STORAGE_CORRUPT",
  "UPDATE_INTERRUPTED",
  "VAULT_LOCKED",
]);

function isOutside(error: ErrorReport): boolean {
  return outside.has(error.code);
}

const interrupted: ErrorReport = {
  code: "UPDATE_INTERRUPTED",
  message: "SmartClaw was ended during the update.",
  next: "Nothing; it is tried again by itself.",
};

function neverHeld({ component, to, starts }: Transaction): ErrorReport {
  return {
    code: "UPDATE_UNHEALTHY",
    message: `${componentNames[component]} ${to.version} was started ${starts} times, and never ran long enough to be trusted.`,
    next: "Nothing; the earlier version runs again.",
  };
}

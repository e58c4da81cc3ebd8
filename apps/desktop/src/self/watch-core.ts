/** What the watcher of a new release of SmartClaw sees, and decides by. Pure. */
export type Sight =
  /** The daemon says which version it is. */
  | { readonly type: "answered"; readonly version: string }
  | { readonly type: "silent" }
  /** The daemon's process has ended; null is a signal. */
  | { readonly type: "exited"; readonly code: number | null }
  /** It has ended because a person asked for that. */
  | { readonly type: "stopped" }
  /** What the pointer says: the release is trusted now, or another one is to be started. */
  | { readonly type: "trusted" }
  | { readonly type: "given-up" };

export interface Watch {
  readonly expected: string;
  /** Since when it was not heard of, in milliseconds of any clock; its start counts as hearing of it. */
  readonly heardAt: number;
  /** Since its last start, and since the first. */
  readonly answered: boolean;
  readonly everAnswered: boolean;
  readonly starts: number;
}

export type Verdict =
  | "look-again"
  /** Start it again: it has ended by a fault, and its starts are counted by itself. */
  | "start"
  /** End it, and start the one before. */
  | "give-up"
  /** There is nothing left to watch. */
  | "done";

/** The page and the socket answer in a second or two; a machine under load may take a hundred times that. */
const startPatienceMs = 180_000;
const silencePatienceMs = 60_000;
/** More than a release on trial and the one before it may need; nothing is started for ever. */
const mostStarts = 6;

export function watchOf(expected: string, now: number): Watch {
  return { expected, heardAt: now, answered: false, everAnswered: false, starts: 1 };
}

export function judge(watch: Watch, sight: Sight, now: number): { watch: Watch; verdict: Verdict } {
  switch (sight.type) {
    case "trusted":
    case "given-up":
    // The next start goes on with the trial.
    case "stopped":
      return { watch, verdict: "done" };
    case "exited": {
      // A signal is a person's way, too, to stop what works.
      const stopped = watch.everAnswered && sight.code === 0;
      if (stopped || watch.starts >= mostStarts) return { watch, verdict: "done" };
      return {
        watch: { ...watch, heardAt: now, answered: false, starts: watch.starts + 1 },
        verdict: "start",
      };
    }
    case "answered":
      return {
        watch: { ...watch, heardAt: now, answered: true, everAnswered: true },
        verdict: sight.version === watch.expected ? "look-again" : "give-up",
      };
    case "silent": {
      const patience = watch.answered ? silencePatienceMs : startPatienceMs;
      return { watch, verdict: now - watch.heardAt > patience ? "give-up" : "look-again" };
    }
  }
}

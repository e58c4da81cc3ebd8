import type { Clock, GuardianRequest } from "@smartclaw/contracts";
import type { Questions, Said } from "./questions.ts";

/** `taken`: the yes was for once, and for another call of the same. `paused`: it may not ask any more. */
export type Heard = Said | "taken" | "paused";

export interface Answered {
  readonly said: Heard;
  /** Whether the owner was asked for this call; else the answer was given for another one of the same. */
  readonly isFirst: boolean;
}

/** A conversation that may not ask until the owner says so. */
export interface PausedSession {
  readonly session: string;
  /** As its last question said it. */
  readonly asks: string;
  readonly since: number;
}

/**
 * Between whoever asks and the owner, who stops reading when asked too often: the same is asked once, and who heard three
 * times no in a session asks no more.
 */
export interface Asking {
  /**
   * @param key all that would be done, and by whom: of two calls with the same key it makes no difference which is done
   * @param signal aborts when whoever asked does not wait any more
   */
  ask(key: string, session: string, question: Question, signal: AbortSignal): Promise<Answered>;
  isPaused(session: string): boolean;
  paused(): readonly PausedSession[];
  /** @returns whether it was paused */
  resume(session: string): boolean;
}

type Question = Parameters<Questions["ask"]>[0];

interface Waiting {
  readonly callers: Set<(answered: Answered) => void>;
  readonly end: AbortController;
}

const mostDenials = 3;
/** Who asks the same again so soon after a no has not heard it, in milliseconds. */
const echoMs = 2000;

export function createAsking(deps: {
  readonly questions: Pick<Questions, "ask">;
  readonly clock: Clock;
  /** Before anybody is told. */
  readonly onPause: (paused: PausedSession) => void;
}): Asking {
  const { questions, clock } = deps;
  const waiting = new Map<string, Waiting>();
  const refusedAt = new Map<string, number>();
  const denials = new Map<string, number>();
  const paused = new Map<string, PausedSession>();

  function countDenial(session: string, { asks }: Pick<GuardianRequest, "asks">): void {
    const count = (denials.get(session) ?? 0) + 1;
    denials.set(session, count);
    if (count < mostDenials || paused.has(session)) return;
    const one = { session, asks, since: clock.now() };
    paused.set(session, one);
    deps.onPause(one);
  }

  function wasJustRefused(key: string): boolean {
    const now = clock.now();
    for (const [one, at] of refusedAt) if (now - at >= echoMs || now < at) refusedAt.delete(one);
    return refusedAt.has(key);
  }

  /** Puts the question, and gives the answer to all that wait for it by then. */
  async function put(key: string, session: string, question: Question, open: Waiting): Promise<void> {
    // A question that cannot be put is a no for all that wait.
    const said = await questions.ask(question, open.end.signal).catch((): Said => "gone");
    if (waiting.get(key) === open) waiting.delete(key);
    if (said === "deny") {
      refusedAt.set(key, clock.now());
      countDenial(session, question);
    }
    const [first, ...others] = open.callers;
    first?.({ said, isFirst: true });
    for (const settle of others) settle({ said: said === "once" ? "taken" : said, isFirst: false });
  }

  return {
    async ask(key, session, question, signal) {
      if (signal.aborted) return { said: "gone", isFirst: false };
      if (paused.has(session)) return { said: "paused", isFirst: false };
      if (wasJustRefused(key)) return { said: "deny", isFirst: false };
      const open = waiting.get(key) ?? { callers: new Set(), end: new AbortController() };
      return await new Promise((resolve) => {
        const settle = (answered: Answered): void => {
          signal.removeEventListener("abort", leave);
          resolve(answered);
        };
        const leave = (): void => {
          open.callers.delete(settle);
          settle({ said: "gone", isFirst: false });
          if (open.callers.size > 0) return;
          // Nobody who comes now can wait for a question that is being withdrawn.
          if (waiting.get(key) === open) waiting.delete(key);
          open.end.abort();
        };
        open.callers.add(settle);
        signal.addEventListener("abort", leave, { once: true });
        if (waiting.has(key)) return;
        waiting.set(key, open);
        void put(key, session, question, open);
      });
    },
    isPaused: (session) => paused.has(session),
    paused: () => [...paused.values()],
    resume(session) {
      denials.delete(session);
      return paused.delete(session);
    },
  };
}

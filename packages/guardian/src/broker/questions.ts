import { createHash, timingSafeEqual } from "node:crypto";
import { type Clock, type GuardianAnswer, type GuardianRequest, SmartClawError } from "@smartclaw/contracts";

/** What the owner said; `gone` when nobody needs to know any more, `late` when nothing was said. */
export type Said = GuardianAnswer["answer"] | "gone" | "late";

export interface Questions {
  /**
   * Puts a question to the owner and waits for the word.
   * @param signal aborts when whoever asked does not wait any more
   */
  ask(
    question: Omit<GuardianRequest, "id" | "hash" | "at" | "expiresAt">,
    signal: AbortSignal,
  ): Promise<Said>;
  /** @throws SmartClawError NOT_FOUND when it does not wait, CONFLICT when it is another than was shown */
  answer(answer: GuardianAnswer): GuardianRequest;
  waiting(): readonly GuardianRequest[];
  /** How many were asked since a time in milliseconds. */
  askedSince(at: number): number;
  /** Nobody is answered any more. */
  dismissAll(): void;
}

/** A question that is not answered in this time is a no, in milliseconds. OpenClaw waits ten minutes at most. */
const patienceMs = 9 * 60_000;
const mostWaiting = 20;
const dayMs = 86_400_000;

export function createQuestions(deps: {
  readonly clock: Clock;
  readonly newId: () => string;
  readonly setTimer: (ms: number, run: () => void) => () => void;
  readonly changed: () => void;
}): Questions {
  const { clock, changed } = deps;
  const open = new Map<string, { request: GuardianRequest; settle: (said: Said) => void }>();
  let asked: number[] = [];

  return {
    ask(question, signal) {
      if (signal.aborted) return Promise.resolve("gone");
      // Whoever asks without end gets no ear.
      if (open.size >= mostWaiting) return Promise.resolve("late");
      const at = clock.now();
      const id = deps.newId();
      const hash = createHash("sha256")
        .update(JSON.stringify([id, question]))
        .digest("base64url");
      const request = { ...question, id, hash, at, expiresAt: at + patienceMs };
      asked = [...asked.filter((one) => at - one < dayMs), at];
      return new Promise((resolve) => {
        const settle = (said: Said): void => {
          if (!open.delete(id)) return;
          cancel();
          signal.removeEventListener("abort", onAbort);
          resolve(said);
          changed();
        };
        const onAbort = (): void => settle("gone");
        const cancel = deps.setTimer(patienceMs, () => settle("late"));
        signal.addEventListener("abort", onAbort, { once: true });
        open.set(id, { request, settle });
        changed();
      });
    },
    answer({ id, hash, answer }) {
      const found = open.get(id);
      if (found === undefined)
        throw new SmartClawError(
          "NOT_FOUND",
          "This question does not wait for an answer any more.",
          "Nothing; what it asked for was not done, or has been answered elsewhere.",
        );
      const { request, settle } = found;
      const same = Buffer.byteLength(hash) === Buffer.byteLength(request.hash);
      if (!same || !timingSafeEqual(Buffer.from(hash), Buffer.from(request.hash)))
        throw new SmartClawError(
          "CONFLICT",
          "The answer is for another action than the one that waits.",
          "Reload the page and look at the question again.",
        );
      if (answer === "session" && request.forSession === null)
        throw new SmartClawError(
          "BAD_REQUEST",
          "This can only be allowed once.",
          "Allow it once, or deny it.",
        );
      settle(answer);
      return request;
    },
    waiting: () => [...open.values()].map(({ request }) => request),
    askedSince: (at) => asked.filter((one) => one >= at).length,
    dismissAll() {
      for (const { settle } of open.values()) settle("gone");
    },
  };
}

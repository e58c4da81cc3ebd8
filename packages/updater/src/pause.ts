import type { Unsubscribe } from "@smartclaw/contracts";

/** Waits so many milliseconds, or until the signal aborts. */
export type Pause = (ms: number, signal: AbortSignal) => Promise<void>;

export function createPause(setTimer: (ms: number, run: () => void) => Unsubscribe): Pause {
  return (ms, signal) =>
    new Promise((resolve) => {
      const end = (): void => {
        cancel();
        signal.removeEventListener("abort", end);
        resolve();
      };
      const cancel = setTimer(ms, end);
      signal.addEventListener("abort", end, { once: true });
      if (signal.aborted) end();
    });
}

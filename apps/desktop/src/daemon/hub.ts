import type { Unsubscribe } from "@smartclaw/contracts";

/** One value that changes, with any number of listeners. */
export interface Hub<T> {
  publish(value: T): void;
  subscribe(listener: (value: T) => void): Unsubscribe;
  /** Values from now on, until `signal` aborts. A slow reader loses the oldest beyond `limit`. */
  iterate(signal: AbortSignal | undefined, limit?: number): AsyncGenerator<T, void, void>;
}

export function createHub<T>(): Hub<T> {
  const listeners = new Set<(value: T) => void>();
  const subscribe = (listener: (value: T) => void): Unsubscribe => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };
  return {
    publish(value) {
      for (const listener of listeners) listener(value);
    },
    subscribe,
    async *iterate(signal, limit = 1000) {
      const waiting: T[] = [];
      let wake: () => void = () => {};
      const unsubscribe = subscribe((value) => {
        waiting.push(value);
        if (waiting.length > limit) waiting.shift();
        wake();
      });
      const onAbort = (): void => wake();
      signal?.addEventListener("abort", onAbort);
      try {
        while (signal?.aborted !== true) {
          const value = waiting.shift();
          if (value !== undefined) yield value;
          else await new Promise<void>((resolve) => (wake = resolve));
        }
      } finally {
        unsubscribe();
        signal?.removeEventListener("abort", onAbort);
      }
    },
  };
}

import type { ChatEvent } from "@smartclaw/contracts";

/** Events that may wait for one reader before they are given up for a fresh snapshot. */
const capacity = 1_000;

/** Events on their way to one reader. */
export interface EventQueue {
  push(event: ChatEvent): void;
  /** Ends when the signal does. To be read once. */
  events(): AsyncGenerator<ChatEvent, void>;
}

/** @param latest a snapshot of now, for a reader so slow that its events were dropped. */
export function createEventQueue(signal: AbortSignal, latest: () => ChatEvent): EventQueue {
  let waiting: ChatEvent[] = [];
  let wake: () => void = () => undefined;
  signal.addEventListener("abort", () => wake(), { once: true });
  return {
    push(event) {
      if (waiting.length >= capacity) waiting = [latest()];
      else waiting.push(event);
      wake();
    },
    async *events() {
      while (!signal.aborted) {
        const next = waiting.shift();
        if (next !== undefined) {
          yield next;
          continue;
        }
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

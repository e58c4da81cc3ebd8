import { setImmediate } from "node:timers/promises";

/** Work that may be interrupted between its steps, so that others get the thread. */
export type Steps<T> = Generator<undefined, T, undefined>;

/** In milliseconds, for which nobody else waits. */
const stretchMs = 15;

export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

export async function gently<T>(steps: Steps<T>): Promise<T> {
  for (let begun = performance.now(); ;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    if (performance.now() - begun < stretchMs) continue;
    await setImmediate();
    begun = performance.now();
  }
}

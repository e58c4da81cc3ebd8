import type { Unsubscribe } from "@smartclaw/contracts";

/** A computer's two clocks and its timers, moved by hand. */
export interface HandClock {
  /** Milliseconds since the Unix epoch. */
  readonly wall: () => number;
  /** Milliseconds of the clock that only runs while the computer is awake, and that nobody sets. */
  readonly steady: () => number;
  readonly setTimer: (ms: number, run: () => void) => Unsubscribe;
  /** Both clocks run on, and each timer fires at its moment. */
  pass(ms: number): Promise<void>;
  /** Only the wall clock moves: a hand sets it, or the computer sleeps. */
  shiftWall(ms: number): void;
}

/** @param settled resolves when everything that the timers of a moment began has come to rest */
export function createHandClock(settled: () => Promise<void>): HandClock {
  const timers = new Map<number, { readonly at: number; readonly run: () => void }>();
  let [wall, steady, ids] = [Date.UTC(2026, 10, 1), 1000, 0];
  const moveTo = (at: number): void => {
    wall += at - steady;
    steady = at;
  };
  return {
    wall: () => wall,
    steady: () => steady,
    setTimer(ms, run) {
      const id = ids++;
      timers.set(id, { at: steady + ms, run });
      return () => void timers.delete(id);
    },
    async pass(ms) {
      const end = steady + ms;
      for (;;) {
        const [first] = [...timers].toSorted(([, one], [, other]) => one.at - other.at);
        if (first === undefined || first[1].at > end) break;
        const [id, { at, run }] = first;
        timers.delete(id);
        moveTo(at);
        run();
        await settled();
      }
      moveTo(end);
    },
    shiftWall: (ms) => void (wall += ms),
  };
}

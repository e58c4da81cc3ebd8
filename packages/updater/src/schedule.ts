/** Both clocks at one moment, in milliseconds. */
export interface Moment {
  /** Since the Unix epoch; may be set by anyone. */
  readonly wall: number;
  /** Of a clock that only runs forward, and may stand still while the machine sleeps. */
  readonly steady: number;
}

export interface Schedule {
  /** When it was last looked, or when the daemon started. */
  readonly since: Moment;
  /** How long after `since` it is looked next. */
  readonly waitMs: number;
}

export const firstCheckMs = 3 * 60_000;
export const checkEveryMs = 6 * 3_600_000;
/** So that not everybody who starts the computer at nine asks at the same second of the afternoon. */
const jitterMs = 5 * 60_000;
/** However the wall clock jumps, it is not looked more often than this. */
const leastGapMs = 30 * 60_000;

export function firstSchedule(start: Moment): Schedule {
  return { since: start, waitMs: firstCheckMs };
}

/** @param random in [0, 1) */
export function nextSchedule(checked: Moment, random: number): Schedule {
  return { since: checked, waitMs: checkEveryMs + Math.round((random - 0.5) * 2 * jitterMs) };
}

/** While something on this computer is in the way of an update, that is looked at again. */
export function retrySchedule(postponed: Moment): Schedule {
  return { since: postponed, waitMs: leastGapMs };
}

/**
 * Whether it is time to look. The steady clock decides; the wall clock is asked too, as it goes on while the machine
 * sleeps, but a wall clock alone cannot make two looks follow each other closely.
 */
export function isDue({ since, waitMs }: Schedule, now: Moment): boolean {
  const steady = now.steady - since.steady;
  const wall = now.wall - since.wall;
  return steady >= waitMs || (wall >= waitMs && steady >= leastGapMs);
}

/** When it is looked next, by the wall clock, if nothing jumps. */
export function dueAt({ since, waitMs }: Schedule, now: Moment): number {
  const steady = now.steady - since.steady;
  const wall = now.wall - since.wall;
  const left = Math.min(waitMs - steady, Math.max(waitMs - wall, leastGapMs - steady));
  return now.wall + Math.max(0, left);
}

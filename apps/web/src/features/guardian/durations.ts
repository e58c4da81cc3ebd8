import type { GrantDuration } from "@smartclaw/contracts";

const dayMs = 24 * 3_600_000;

/** How long a grant can be made for, from the page. */
export const durations = {
  day: { label: "For a day", days: 1, always: false },
  week: { label: "For a week", days: 7, always: false },
  month: { label: "For 30 days", days: 30, always: false },
  quarter: { label: "Always, to be reviewed in 90 days", days: 90, always: true },
  year: { label: "Always, to be reviewed in a year", days: 365, always: true },
} as const;
export type DurationName = keyof typeof durations;

export function durationOf(name: DurationName, now: number): GrantDuration {
  const { days, always } = durations[name];
  const at = now + days * dayMs;
  return always ? { kind: "always", reviewAt: at } : { kind: "until", at };
}

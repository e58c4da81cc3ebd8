import type { Discovery, ImportStep } from "@smartclaw/contracts";
import { shortPath } from "../../lib/format.ts";

/** What became of a key in the clear: what SmartClaw did, and what it saw when it looked again. */
export interface Adoption {
  readonly found: Discovery;
  readonly steps: readonly ImportStep[];
  readonly stillThere: boolean;
  /** Other keys that lie in the clear. */
  readonly others: number;
}

/** Where the page remembers the last one; it is told on the next page, since the first page is done with it. */
export const adoptionKey = ["adoption"] as const;

/** @param keys what was found when SmartClaw looked again */
export function adoptionOf(
  found: Discovery,
  steps: readonly ImportStep[],
  keys: readonly Discovery[],
): Adoption {
  const inTheClear = keys.filter(({ hasKey }) => hasKey);
  const others = inTheClear.filter(({ id }) => id !== found.id).length;
  return { found, steps, stillThere: inTheClear.length > others, others };
}

/** Whether the key is gone from everywhere, the backups included. */
export function isGone({ steps, stillThere }: Adoption): boolean {
  return !stillThere && steps.every(({ outcome }) => outcome !== "left" && outcome !== "failed");
}

/** Where the key stood: a sentence. */
export function adoptionSentence({ found: { source, where }, stillThere }: Adoption): string {
  if (!stillThere) return `It was removed from ${shortPath(where)}.`;
  return source === "environment"
    ? `It still stands in ${where}, which SmartClaw cannot change: remove the variable from your shell's profile.`
    : `It still stands in ${shortPath(where)}, which SmartClaw could not change: remove it there yourself.`;
}

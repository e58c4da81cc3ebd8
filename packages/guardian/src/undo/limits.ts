/** What one copy may take. */
export interface Limits {
  /** Files, folders and links together. */
  readonly entries: number;
  readonly bytes: number;
}

const mebibyte = 1024 * 1024;

/**
 * Of what an action is known to lose. Some seconds on a slow disk, for which nobody but the action waits; a larger
 * tree is mostly one that can be made anew, and the owner is asked.
 */
export const knownLimits: Limits = { entries: 20_000, bytes: 256 * mebibyte };

/** Of folders that an action might change in which nobody can see: some tenths of a second. */
export const guessedLimits: Limits = { entries: 2_000, bytes: 32 * mebibyte };

/** Of what is there when something is undone: that is the owner's order, and nothing of it may be lost. */
export const asideLimits: Limits = { entries: 100_000, bytes: 1024 * mebibyte };

/** Of all copies. The oldest go first, and the newest never. */
export const storeLimits = { copies: 500, bytes: 2048 * mebibyte, ms: 30 * 86_400_000 };

/** A tree deeper than this is not one that people make. */
export const mostDepth = 100;

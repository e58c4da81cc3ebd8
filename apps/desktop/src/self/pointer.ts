import { readFileSync } from "node:fs";

/**
 * Which SmartClaw is started. Null as a version means the program that the user installed, which is never touched and
 * never removed.
 */
export interface SelfPointer {
  readonly live: string | null;
  /** The user's own data as it was before `live` was started for the first time. */
  readonly snapshot: string | null;
  /** While `live` has not shown yet that it works: what it took the place of, and how often it was started. */
  readonly trial: {
    readonly from: string | null;
    readonly fromSnapshot: string | null;
    readonly starts: number;
  } | null;
  /** A snapshot that the next start brings back, as far as the release that left cannot have left it readable. */
  readonly restore: string | null;
}

export const installedOnly: SelfPointer = { live: null, snapshot: null, trial: null, restore: null };

/** A version or the name of a snapshot; both become parts of paths. */
const name = /^[\w][\w.-]{0,79}$/;

/**
 * Read at each start, before anything else is loaded, so without a library. What cannot be read leads to the program
 * that the user installed.
 */
export function readPointer(file: string): SelfPointer {
  try {
    return parsePointer(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return installedOnly;
  }
}

/** @throws Error when it has another form */
export function parsePointer(value: unknown): SelfPointer {
  const { format, live, snapshot, trial, restore } = value as Record<string, unknown>;
  if (format !== 1) throw new Error("the pointer has another format");
  return {
    live: nameOrNull(live),
    snapshot: nameOrNull(snapshot),
    trial: trial === null ? null : parseTrial(trial as Record<string, unknown>),
    restore: nameOrNull(restore),
  };
}

export function pointerText(pointer: SelfPointer): string {
  return `${JSON.stringify({ format: 1, ...pointer }, null, 2)}\n`;
}

function parseTrial({ from, fromSnapshot, starts }: Record<string, unknown>): SelfPointer["trial"] {
  if (!Number.isSafeInteger(starts) || (starts as number) < 0) throw new Error("the pointer is damaged");
  return { from: nameOrNull(from), fromSnapshot: nameOrNull(fromSnapshot), starts: starts as number };
}

function nameOrNull(value: unknown): string | null {
  if (value === null) return null;
  if (typeof value !== "string" || !name.test(value)) throw new Error("the pointer is damaged");
  return value;
}

import { z } from "zod";

/** Milliseconds since the Unix epoch. Passed in everywhere, so that tests own time. */
export interface Clock {
  now(): number;
}

/** Cryptographic random bytes. */
export type RandomBytes = (length: number) => Uint8Array;

/** Milliseconds since the Unix epoch. */
export const timestamp = z.number().int().nonnegative();
/** A TCP port. */
export const port = z.number().int().min(1).max(65535);

/** What a part of SmartClaw writes to the log. Fields are structured; a `Secret` prints as `[secret]`. */
export interface Log {
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
}

/** Stops whatever was started. Safe to call twice. */
export type Unsubscribe = () => void;

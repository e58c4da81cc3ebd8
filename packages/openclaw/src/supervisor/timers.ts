import type { Unsubscribe } from "@smartclaw/contracts";

/** Calls `action` once after `ms` milliseconds, unless what it returns is called first. */
export type SetTimer = (ms: number, action: () => void) => Unsubscribe;

/** The real timers. They do not keep the process alive. */
export const systemTimer: SetTimer = (ms, action) => {
  const timer = setTimeout(action, ms);
  timer.unref();
  return () => clearTimeout(timer);
};

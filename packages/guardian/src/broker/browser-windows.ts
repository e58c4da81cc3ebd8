/**
 * A yes for once reaches as far as one call of the browser tool: while that lasts, the browser gets to the origin that
 * the owner was asked about.
 */
export interface BrowserWindows {
  open(session: string, toolCallId: string, origins: readonly string[]): void;
  close(session: string, toolCallId: string): void;
  /** Whether somebody's call leads there now. */
  leadsTo(origin: string): boolean;
  closeAll(): void;
}

/** A call that is never said to be over is over by then, in milliseconds; OpenClaw's own longest is two minutes. */
const longestMs = 150_000;

export function createBrowserWindows(now: () => number): BrowserWindows {
  const windows = new Map<string, { readonly origins: readonly string[]; readonly until: number }>();
  const keyOf = (session: string, toolCallId: string): string => JSON.stringify([session, toolCallId]);
  return {
    open: (session, toolCallId, origins) =>
      void windows.set(keyOf(session, toolCallId), { origins, until: now() + longestMs }),
    close: (session, toolCallId) => void windows.delete(keyOf(session, toolCallId)),
    leadsTo(origin) {
      for (const [key, { origins, until }] of windows) {
        if (until <= now()) windows.delete(key);
        else if (origins.includes(origin)) return true;
      }
      return false;
    },
    closeAll: () => windows.clear(),
  };
}

import { isWithin } from "../paths/resolve.ts";

/** What a file tool may touch until its call is over; paths absolute, without links. */
interface FileWindow {
  readonly session: string;
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** Why no copy is kept of what is written over; null when one is. The owner said yes to it. */
  readonly without: string | null;
}

/** File tools are no single act: OpenClaw looks, reads and writes. A decision opens a window for one call of a tool. */
export interface FileWindows {
  open(toolCallId: string, window: FileWindow): void;
  close(session: string, toolCallId: string): void;
  /** @param access `look` at whether something is there; `make` a folder in which a file is to be written */
  covers(session: string, access: "look" | "read" | "write" | "make", path: string): boolean;
  /** Why a file is written over without a copy; null when one is to be kept. */
  withoutCopy(session: string, path: string): string | null;
  closeAll(): void;
}

/** A call that is never said to be over is over by then, in milliseconds. */
const longestMs = 60_000;

export function createFileWindows(now: () => number): FileWindows {
  const windows = new Map<string, FileWindow & { readonly until: number }>();
  // Whoever makes the model's answers names the calls, and two conversations may have one of the same name.
  const keyOf = (session: string, toolCallId: string): string => JSON.stringify([session, toolCallId]);
  return {
    open: (toolCallId, window) =>
      void windows.set(keyOf(window.session, toolCallId), { ...window, until: now() + longestMs }),
    close: (session, toolCallId) => void windows.delete(keyOf(session, toolCallId)),
    covers(session, access, path) {
      for (const [id, window] of windows) {
        if (window.until <= now()) windows.delete(id);
        else if (window.session === session && holds(window, access, path)) return true;
      }
      return false;
    },
    withoutCopy(session, path) {
      for (const one of windows.values())
        if (one.session === session && one.writes.includes(path) && one.without !== null && one.until > now())
          return one.without;
      return null;
    },
    closeAll: () => windows.clear(),
  };
}

function holds({ reads, writes }: FileWindow, access: string, path: string): boolean {
  switch (access) {
    case "read":
      // A tool looks whether it wrote what it meant to, and whoever may write may read.
      return reads.includes(path) || writes.includes(path);
    case "write":
      return writes.includes(path);
    case "make":
      return writes.some((one) => one !== path && isWithin(one, path));
    default:
      return [...reads, ...writes].some((one) => isWithin(one, path));
  }
}

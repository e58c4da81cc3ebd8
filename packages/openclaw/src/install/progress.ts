import type { InstallProgress } from "./messages.ts";

type Progress = Omit<InstallProgress, "type">;

const minimumGapMs = 100;

/** Passes progress on, at most ten times a second, and never a smaller number than before. */
export function createProgress(
  send: (progress: Progress) => void,
  now: () => number,
): {
  update(change: Partial<Progress>): void;
  /** Passes on what came too soon after the last; to be called before the end. */
  flush(): void;
} {
  let current: Progress = {
    stage: "resolve",
    bytesDone: 0,
    bytesTotal: null,
    packagesDone: 0,
    packagesTotal: null,
  };
  let sentAt = -Infinity;
  let sent: Progress | null = null;
  const pass = (): void => {
    sentAt = now();
    sent = current;
    send(current);
  };
  return {
    update(change) {
      const stageChanged = change.stage !== undefined && change.stage !== current.stage;
      current = { ...current, ...change, bytesDone: Math.max(current.bytesDone, change.bytesDone ?? 0) };
      if (!stageChanged && now() - sentAt < minimumGapMs) return;
      pass();
    },
    flush() {
      if (sent !== current) pass();
    },
  };
}

import type { InstallMessage } from "./messages.ts";

type Progress = Omit<Extract<InstallMessage, { type: "progress" }>, "type">;

const minimumGapMs = 100;

/** Passes progress on, at most ten times a second, and never a smaller number than before. */
export function createProgress(
  send: (progress: Progress) => void,
  now: () => number,
): {
  update(change: Partial<Progress>): void;
} {
  let current: Progress = {
    stage: "resolve",
    bytesDone: 0,
    bytesTotal: null,
    packagesDone: 0,
    packagesTotal: null,
  };
  let sentAt = -Infinity;
  return {
    update(change) {
      const stageChanged = change.stage !== undefined && change.stage !== current.stage;
      current = { ...current, ...change, bytesDone: Math.max(current.bytesDone, change.bytesDone ?? 0) };
      if (!stageChanged && now() - sentAt < minimumGapMs) return;
      sentAt = now();
      send(current);
    },
  };
}

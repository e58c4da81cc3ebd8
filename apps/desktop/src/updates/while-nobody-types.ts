import type { RunningOpenClaw } from "./openclaw-target.ts";

/** A thought may take this long between two words, in milliseconds. */
const thoughtMs = 60_000;

/** An OpenClaw that is also busy while somebody writes to it. @param sinceTyped milliseconds since somebody last did */
export function whileNobodyTypes(openclaw: RunningOpenClaw, sinceTyped: () => number): RunningOpenClaw {
  return {
    ...openclaw,
    isBusy: async () => sinceTyped() < thoughtMs || (await openclaw.isBusy()),
  };
}

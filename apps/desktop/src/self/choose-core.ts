import { installedOnly, type SelfPointer } from "./pointer.ts";

/** What the next start of the daemon does, and in this order. */
export interface Choice {
  /** Null for the program that the user installed. */
  readonly version: string | null;
  /** Written before anything is started; null when it is as it was. */
  readonly pointer: SelfPointer | null;
  /** A snapshot to be brought back. */
  readonly restore: string | null;
  /** A snapshot to be taken, as the release before left the data. */
  readonly take: string | null;
}

/** A release on trial may be started so often. */
const mostStarts = 3;

/**
 * Counts the starts of a release on trial, and goes back when it had enough of them; the count is written before the
 * start that it counts, as firmware does for the two slots of a system (ChromiumOS, "File System/Autoupdate").
 * @param isThere whether a release is complete on the disk
 */
export function chooseProgram(pointer: SelfPointer, isThere: (version: string) => boolean): Choice {
  const { live, trial } = pointer;
  const gone = live !== null && !isThere(live);
  if (trial !== null && (gone || trial.starts >= mostStarts)) {
    const back = wayBack(pointer);
    const kept = back.live === null || isThere(back.live);
    return started(kept ? back : { ...installedOnly, restore: back.restore });
  }
  if (gone) return started(installedOnly);
  if (trial === null) return started(pointer, pointer.restore === null);
  return {
    ...started({ ...pointer, trial: { ...trial, starts: trial.starts + 1 } }),
    take: trial.starts === 0 ? pointer.snapshot : null,
  };
}

/** What is started after a release on trial was given up. */
export function wayBack(pointer: SelfPointer): SelfPointer {
  const { trial, snapshot } = pointer;
  if (trial === null) return pointer;
  return { live: trial.from, snapshot: trial.fromSnapshot, trial: null, restore: snapshot };
}

/** `pointer.restore` stays written until it is done, so that it is done again after a crash. */
function started(pointer: SelfPointer, asItWas = false): Choice {
  return {
    version: pointer.live,
    pointer: asItWas ? null : pointer,
    restore: pointer.restore,
    take: null,
  };
}

import { type Log, reportOf, SmartClawError } from "@smartclaw/contracts";
import { holdParent } from "./held-folder.ts";
import { asideLimits } from "./limits.ts";
import { changedBetween, look, type Marks } from "./look.ts";
import { NotWhole } from "./not-whole.ts";
import { checkCopies, putBack } from "./put-back.ts";
import type { Snapshot } from "./snapshot.ts";
import { type SnapshotStore, syncFileSystem } from "./snapshot-store.ts";
import { gently } from "./steps.ts";

export type UndoOutcome =
  /** @param again undoes the undoing; null when there was nothing to be put back */
  | { readonly state: "done"; readonly again: Snapshot | null }
  /** Somebody else changed something since, and some of it is named; it is put back over that only by force. */
  | { readonly state: "changed"; readonly paths: readonly string[]; readonly count: number };

/**
 * Puts back what was there before an action. What is there now is kept first, so that undoing can be undone. Cut short,
 * it is finished when it is asked for again.
 * @param force also over what somebody else has changed since the action
 * @throws SmartClawError NOT_FOUND, CONFLICT, STORAGE_CORRUPT, DISK_FULL; then nothing was put back, except for a fault
 * of the system in the midst of it
 */
export type Undo = (id: string, force: boolean) => Promise<UndoOutcome>;

/** Of the paths that somebody else changed. */
const mostNamed = 100;

/** A line of the log has room for so much: paths, and UTF-16 code units of what was done. */
const mostNoted = 10;
const longestNoted = 4096;

export function createUndo(deps: {
  readonly store: SnapshotStore;
  /** On the disk when it returns. */
  readonly note: (body: Record<string, unknown>) => void;
  readonly log: Log;
}): Undo {
  const { store, note, log } = deps;
  let last: Promise<unknown> = Promise.resolve();

  async function undo(id: string, force: boolean): Promise<UndoOutcome> {
    const snapshot = store.find(id);
    if (snapshot.state === "running") throw stillRuns();
    if (snapshot.state === "done") throw isDone();
    const kept = store.kept(id);
    await gently(checkCopies(kept.files, kept.copies));
    const paths = snapshot.paths.map(({ path }) => path);
    checkFolders(paths);
    const left = store.leftBy(id);
    const goesOn = snapshot.state === "begun";
    const now = await sight(paths);
    const changed = left === null ? paths : changedBetween(left, now);
    checkLinks(snapshot, left, now);
    // Of an undoing that was cut short nobody can tell what is of it and what of somebody else; all of that is kept.
    if (changed.length > 0 && !force && !goesOn)
      return { state: "changed", paths: changed.slice(0, mostNamed), count: changed.length };
    const before = await keepAside(snapshot, paths);
    const first = goesOn ? store.list().find((one) => one.id === snapshot.aside) : undefined;
    const aside = first?.id ?? before.id;
    const about = {
      copy: id,
      aside,
      session: snapshot.session,
      text: snapshot.text.slice(0, longestNoted),
      paths: paths.slice(0, mostNoted),
      forced: force,
    };
    try {
      if (!before.isStill()) throw changes();
      note({ ...about, done: false });
      store.note(id, { state: "begun", aside });
    } catch (error) {
      store.drop(before.id);
      throw error;
    }
    try {
      for (const [path, one] of kept.paths) {
        await gently(putBack(path, one, kept.copies, `.smartclaw-undo-${id}-`));
        await syncFileSystem(path.slice(0, path.lastIndexOf("/")) || "/");
      }
      store.note(id, { state: "done", aside });
    } catch (error) {
      throw cutShort(error);
    } finally {
      await store.ended(before.id);
      if (aside !== before.id) await store.ended(aside);
    }
    try {
      note({ ...about, done: true });
    } catch (error) {
      log.error({ error: reportOf(error) }, "what was undone could not be written down");
    }
    return { state: "done", again: store.list().find((one) => one.id === aside) ?? null };
  }

  async function sight(paths: readonly string[]): Promise<Marks> {
    try {
      return (await gently(look(paths, asideLimits))).marks;
    } catch (error) {
      throw notKept(error);
    }
  }

  async function keepAside({ id, session, text }: Snapshot, paths: readonly string[]) {
    try {
      return await store.take({ session, text: `Undo of: ${text}`, undoes: id }, paths, asideLimits);
    } catch (error) {
      throw notKept(error);
    }
  }

  return async (id, force) => {
    const turn = last.then(async () => await undo(id, force));
    last = turn.catch(() => undefined);
    return await turn;
  };
}

/** Every folder on the way is a folder, and no link. */
function checkFolders(paths: readonly string[]): void {
  for (const path of paths) {
    try {
      holdParent(path).folder.close();
    } catch (error) {
      const isGone = (error as NodeJS.ErrnoException).code === "ENOENT";
      throw new SmartClawError(
        "CONFLICT",
        isGone
          ? `The folder of ${path} is not there any more, so nothing was put back.`
          : `On the way to ${path} is something else than a folder now, so nothing was put back.`,
        isGone
          ? "Make it again, then undo again."
          : "Look what is there, and take a link away, then undo again.",
        { cause: error },
      );
    }
  }
}

/** A link that somebody else put there is never replaced: whoever undoes means what was there. */
function checkLinks({ paths }: Snapshot, left: Marks | null, now: Marks): void {
  for (const { path, was } of paths) {
    const isOfAction = left !== null && left.get(path) === now.get(path);
    if (was === "link" || isOfAction || now.get(path)?.startsWith("link ") !== true) continue;
    throw new SmartClawError(
      "CONFLICT",
      `${path} is a link now, so nothing was put back.`,
      "Look where it leads; take it away yourself, then undo again.",
    );
  }
}

function cutShort(error: unknown): unknown {
  if (error instanceof SmartClawError) return error;
  const code = (error as NodeJS.ErrnoException).code ?? "";
  const isFull = code === "ENOSPC" || code === "EDQUOT";
  return new SmartClawError(
    isFull ? "DISK_FULL" : "CONFLICT",
    `Not everything was put back: ${isFull ? "the disk is full" : `the system refused a part of it (${code || "unknown"})`}.`,
    `${isFull ? "Make room" : "Look what stands in the way"}, then undo again: it goes on from there.`,
    { cause: error },
  );
}

function notKept(error: unknown): unknown {
  if (!(error instanceof NotWhole)) return error;
  return new SmartClawError(
    "CONFLICT",
    `What is there now would be lost, so nothing was put back: no copy can be kept of it, because ${error.message}.`,
    "Put things in order there, then undo again.",
    { cause: error },
  );
}

function stillRuns(): SmartClawError {
  return new SmartClawError("CONFLICT", "The action is not over yet.", "Wait for its end, or stop it.");
}

function isDone(): SmartClawError {
  return new SmartClawError(
    "CONFLICT",
    "This was undone already.",
    "To have it as it was before that, undo the undoing.",
  );
}

function changes(): SmartClawError {
  return new SmartClawError(
    "CONFLICT",
    "Something changes there at this moment, so nothing was put back.",
    "Wait until it is quiet there, then undo again.",
  );
}

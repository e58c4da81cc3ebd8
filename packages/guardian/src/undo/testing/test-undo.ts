import { type Limits, knownLimits } from "../limits.ts";
import { openSnapshotStore } from "../snapshot-store.ts";
import { createUndo, type UndoOutcome } from "../undo.ts";

/** A store of snapshots and what undoes by them, with a log that is kept in `noted`. */
export function openTestUndo(folder: string, keyByte = 3) {
  const begun = Date.now();
  let now = begun;
  const noted: Record<string, unknown>[] = [];
  const log = { info() {}, warn() {}, error() {} };
  const key = new Uint8Array(32).fill(keyByte);
  const newId = (): string => `s${(now += 1)}-${Math.random().toString(36).slice(2)}`;
  const store = openSnapshotStore({ folder, key, clock: { now: () => now }, newId, log });
  const undo = createUndo({ store, note: (body) => void noted.push(body), log });
  const take = async (paths: readonly string[], limits: Limits = knownLimits) =>
    await store.take({ session: "agent:main:1", text: "the action", undoes: null }, paths, limits);
  return {
    folder,
    store,
    noted,
    take,
    undo: async (id: string, force: boolean): Promise<UndoOutcome> => await undo(id, force),
    /** Keeps a copy, acts, and says that it is over. @returns the snapshot's id */
    async act(paths: readonly string[], action: () => void): Promise<string> {
      const { id } = await take(paths);
      action();
      await store.ended(id);
      return id;
    },
    pass: (ms: number) => void (now += ms),
    /** As another process finds it. */
    reopen: () => openTestUndo(folder, keyByte),
  };
}

import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Clock, type Log, reportOf, SmartClawError } from "@smartclaw/contracts";
import { z } from "zod";
import { copyPaths, fewFiles } from "./copy.ts";
import { filesOf, keptPaths, type KeptFile, type KeptPaths } from "./kept.ts";
import { asideLimits, type Limits, storeLimits } from "./limits.ts";
import { changedBetween, look, type Marks } from "./look.ts";
import { NotWhole } from "./not-whole.ts";
import { createSealedFiles, notOurs, syncFolder } from "./sealed-file.ts";
import { type Snapshot, type SnapshotRecord, snapshotRecord, type Undoing, undoing } from "./snapshot.ts";
import { atOnce, gently } from "./steps.ts";

/** Copies of what was there before something was done. */
export interface SnapshotStore {
  /** The newest first. */
  list(): readonly Snapshot[];
  /** @throws SmartClawError NOT_FOUND */
  find(id: string): Snapshot;
  /**
   * Copies paths (absolute, without links); on the disk when it returns. Whoever acts asks `isStill` at the last moment,
   * and says `ended` or `drop` afterwards.
   * @throws NotWhole; SmartClawError DISK_FULL
   */
  take(about: About, paths: readonly string[], limits: Limits): Promise<Taken>;
  /** Notes what the action left. A snapshot of what it did not change is dropped. */
  ended(id: string): Promise<void>;
  drop(id: string): void;
  /** What the action left; null when that is not known. @throws SmartClawError STORAGE_CORRUPT */
  leftBy(id: string): Marks | null;
  /** @throws SmartClawError STORAGE_CORRUPT */
  kept(id: string): {
    readonly paths: KeptPaths;
    readonly files: readonly KeptFile[];
    readonly copies: string;
  };
  /** On the disk when it returns. @throws SmartClawError DISK_FULL */
  note(id: string, how: Undoing): void;
}

type About = Pick<SnapshotRecord, "session" | "text" | "undoes">;

interface Taken {
  readonly id: string;
  /** Whether everything that was copied is still as it was; does not throw. */
  readonly isStill: () => boolean;
}

const run = promisify(execFile);
const name = /^[\w-]{1,64}$/;
const marks = z.array(z.tuple([z.string(), z.string()]));

/**
 * @param deps.folder of its own; made with mode 0700
 * @param deps.key 32 bytes, for nothing else
 */
export function openSnapshotStore(deps: {
  readonly folder: string;
  readonly key: Uint8Array;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly log: Log;
}): SnapshotStore {
  const { folder, clock, newId, log } = deps;
  const sealed = createSealedFiles(deps.key);
  const records = new Map<string, SnapshotRecord>();
  const undoings = new Map<string, Undoing>();
  /** Of those whose action has not ended, what was there before it. */
  const running = new Map<string, Marks>();
  const placeOf = (id: string): string => join(folder, id);
  const fileOf = (id: string, file: "record" | "left" | "undoing"): [string, string] => [
    join(placeOf(id), file),
    `${file} ${id}`,
  ];

  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const id of readdirSync(folder)) if (name.test(id)) load(id);

  function load(id: string): void {
    try {
      const record = sealed.read(...fileOf(id, "record"), snapshotRecord);
      // It was never finished, so nothing was done after it.
      if (record === null) return rmSync(placeOf(id), { recursive: true, force: true });
      if (record.id !== id) throw notOurs(null);
      const how = sealed.read(...fileOf(id, "undoing"), undoing);
      records.set(id, record);
      if (how !== null) undoings.set(id, how);
    } catch (error) {
      log.error({ id, error: reportOf(error) }, "a copy that was kept for undoing is not used");
    }
  }

  function stateOf(id: string): Snapshot["state"] {
    const how = undoings.get(id);
    if (how !== undefined) return how.state;
    if (running.has(id)) return "running";
    return existsSync(fileOf(id, "left")[0]) ? "open" : "unsure";
  }

  const shown = (record: SnapshotRecord): Snapshot => ({
    ...record,
    state: stateOf(record.id),
    aside: undoings.get(record.id)?.aside ?? null,
  });

  function drop(id: string): void {
    records.delete(id);
    undoings.delete(id);
    running.delete(id);
    try {
      // Without it, what is left of the rest is nothing.
      rmSync(fileOf(id, "record")[0], { force: true });
      rmSync(placeOf(id), { recursive: true, force: true });
    } catch (error) {
      log.warn({ id, error: reportOf(error) }, "a copy could not be taken away");
    }
  }

  /** @param needed those that stay, however old they are */
  function makeRoom(needed: readonly (string | null)[]): void {
    const oldest = [...records.values()].toSorted((one, other) => one.at - other.at);
    let bytes = oldest.reduce((sum, one) => sum + one.bytes, 0);
    let copies = oldest.length;
    for (const one of oldest) {
      const isTooMuch = bytes > storeLimits.bytes || copies > storeLimits.copies;
      if (!isTooMuch && clock.now() - one.at <= storeLimits.ms) continue;
      if (needed.includes(one.id) || running.has(one.id) || undoings.get(one.id)?.state === "begun") continue;
      bytes -= one.bytes;
      copies -= 1;
      drop(one.id);
    }
  }

  return {
    list: () =>
      [...records.values()]
        .toSorted((one, other) => other.at - one.at || other.id.localeCompare(one.id))
        .map(shown),
    find(id) {
      const record = records.get(id);
      if (record !== undefined) return shown(record);
      throw new SmartClawError(
        "NOT_FOUND",
        "No copy is kept for this any more, so it cannot be undone.",
        "Look through those that are there: smartclaw guardian undo list.",
      );
    },
    async take(about, paths, limits) {
      const id = newId();
      if (!name.test(id)) throw new Error("an id of a snapshot is no name of a folder");
      try {
        const before = await gently(look(paths, limits));
        mkdirSync(placeOf(id), { mode: 0o700 });
        const syncEach = before.entries <= fewFiles;
        const kept = await gently(copyPaths(paths, { folder: placeOf(id), limits, syncEach }));
        const isStill = (): boolean => isUnchanged(paths, before.marks);
        if (!isStill()) throw new NotWhole("something in it comes and goes");
        const record: SnapshotRecord = {
          id,
          at: clock.now(),
          ...about,
          paths: kept.map(([path, was]) => ({ path, was: was?.kind ?? "nothing" })),
          entries: before.entries,
          bytes: before.bytes,
          special: before.special.slice(0, 100),
        };
        if (!syncEach) await syncFileSystem(folder);
        // The last one: without it the rest is nothing.
        sealed.write(...fileOf(id, "record"), record, kept);
        syncFolder(placeOf(id));
        syncFolder(folder);
        records.set(id, record);
        running.set(id, before.marks);
        makeRoom([id, about.undoes]);
        return { id, isStill };
      } catch (error) {
        drop(id);
        throw told(error);
      }
    },
    async ended(id) {
      const before = running.get(id);
      const record = records.get(id);
      if (record === undefined) return;
      try {
        const paths = record.paths.map(({ path }) => path);
        const { marks: left } = await gently(look(paths, asideLimits));
        if (before !== undefined && changedBetween(before, left).length === 0) return drop(id);
        // Should the computer stop before its name is on the disk, too, undoing needs force.
        sealed.write(...fileOf(id, "left"), [...left]);
      } catch (error) {
        log.warn({ id, error: reportOf(error) }, "what an action left could not be noted");
      } finally {
        running.delete(id);
      }
    },
    drop,
    leftBy(id) {
      const left = sealed.read(...fileOf(id, "left"), marks);
      return left === null ? null : new Map(left);
    },
    kept(id) {
      const paths = sealed.read(...fileOf(id, "record"), keptPaths, 1);
      if (paths === null) throw notOurs(null);
      const files = paths.flatMap(([, one]) => (one === null ? [] : [...filesOf(one)]));
      return { paths, files, copies: placeOf(id) };
    },
    note(id, how) {
      try {
        sealed.write(...fileOf(id, "undoing"), how);
        syncFolder(placeOf(id));
      } catch (error) {
        throw told(error);
      }
      undoings.set(id, how);
    },
  };
}

/** Does not throw: what cannot be looked at any more is not what it was. */
function isUnchanged(paths: readonly string[], before: Marks): boolean {
  try {
    return changedBetween(before, atOnce(look(paths, asideLimits)).marks).length === 0;
  } catch {
    return false;
  }
}

/** Brings everything of the file system of a folder to the disk: for many files that is sooner done than one by one. */
export async function syncFileSystem(folder: string): Promise<void> {
  await run("/usr/bin/sync", ["-f", "--", folder]);
}

function told(error: unknown): unknown {
  if (!["ENOSPC", "EDQUOT"].includes((error as NodeJS.ErrnoException).code ?? "")) return error;
  return new SmartClawError(
    "DISK_FULL",
    "No copy can be kept of what would be lost, because the disk is full.",
    "Make room, then try again.",
    { cause: error },
  );
}

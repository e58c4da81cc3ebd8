import { existsSync } from "node:fs";
import { type Clock, type Log, SmartClawError } from "@smartclaw/contracts";
import { type Content, type GrantFile, openGrantFile } from "./grant-file.ts";
import type { HeldGrant } from "./grant-record.ts";
import { makeGrantFile, moveGrantFileAside } from "./make-grant-file.ts";
import { createSeal } from "./seal.ts";
import {
  type GrantState,
  readContent,
  type Reading,
  sealContent,
  sealGrant,
  sealState,
} from "./sealed-content.ts";

/** What is kept, as far as it is to be believed; another object whenever it is another one. */
export interface View extends GrantState {
  readonly grants: ReadonlyMap<string, HeldGrant>;
  /** For people; null when all is as SmartClaw wrote it. With damage nothing is armed. */
  readonly damage: string | null;
}

interface Edit<T> {
  readonly put?: readonly HeldGrant[];
  readonly remove?: readonly string[];
  readonly armed?: boolean;
  readonly result: T;
}

/**
 * The grants on the disk, each under a seal, and all together under one.
 *
 * A whole older copy of the file that is put in its place while no SmartClaw runs is as authentic as it was then, and is
 * not noticed here: nothing in the file can tell. Nor is it when the file is taken away, for a new one, which allows
 * nothing. The audit log can tell both: it holds every grant, revocation and panic.
 */
export interface KeptGrants {
  /** As it is now, whoever wrote it last. Cheap while nobody writes. */
  look(): View;
  /** All or nothing, on the disk when it returns. @throws SmartClawError DISK_FULL, STORAGE_CORRUPT, CONFLICT */
  commit<T>(work: (now: View) => Edit<T>): T;
  /**
   * Begins a new epoch, disarmed: at once in this process, whatever the disk says.
   * @throws SmartClawError DISK_FULL, CONFLICT when that could not be written; it is with the next thing that is
   */
  stop(): void;
  /** Keeps what is authentic, in a new epoch and disarmed. @throws SmartClawError DISK_FULL, CONFLICT */
  repair(): void;
  close(): void;
}

/** Milliseconds. To be kept waiting for the file takes time from everything else. */
const patience = 5000;

/** @throws SmartClawError DISK_FULL, CONFLICT when there is no file and none can be made */
export function openKeptGrants(deps: {
  readonly path: string;
  readonly key: Uint8Array;
  readonly clock: Clock;
  readonly log: Log;
}): KeptGrants {
  const { path, clock, log } = deps;
  const seal = createSeal(deps.key);
  const nothing: GrantState = { epoch: 0, armed: false, revision: 0 };
  /** Higher than any before, also than what another process wrote that knows nothing of this one. */
  const revisionAfter = (before: number): number => Math.max(before + 1, clock.now());
  if (!existsSync(path))
    makeGrantFile(path, sealContent({ epoch: 1, armed: true, revision: revisionAfter(0) }, [], seal));

  let file: GrantFile | null = null;
  /** The last one that was whole. */
  let known: View | null = null;
  let view: View = { ...nothing, grants: new Map(), damage: "" };
  /** Of the file when `view` was made; null to look again. */
  let version: number | null = null;
  /** The epoch of a panic that is not on the disk yet. */
  let unwritten: number | null = null;
  /** What stands in the way of reading, and may go away by itself; and since when. */
  let obstacle: { readonly error: SmartClawError; readonly at: number } | null = null;

  function look(): View {
    if (obstacle !== null && Math.abs(clock.now() - obstacle.at) < patience) return view;
    try {
      if (file?.isInPlace() !== true) {
        file?.close();
        [file, version] = [null, null];
        file = openGrantFile(path);
      }
      if (version !== null && file.version() === version) return view;
      const content = file.read();
      obstacle = null;
      settle(judge(readContent(content, seal)), content.version);
    } catch (error) {
      if (!(error instanceof SmartClawError)) throw error;
      obstacle = isDamage(error) ? null : { error, at: clock.now() };
      const damage = `${error.message} ${error.next}`;
      if (view.damage !== damage) settle(distrust(damage), null);
    }
    return view;
  }

  function judge({ grants, foreign, state, isWhole }: Reading): View {
    if (!isWhole || state === null)
      return distrust(
        foreign > 0
          ? `Something other than SmartClaw changed grants or added some: ${foreign} of them cannot be trusted.`
          : "Something other than SmartClaw removed grants, put old ones back, or switched Guardian on or off.",
        grants,
        state,
      );
    if (known !== null && (state.revision < known.revision || state.epoch < known.epoch))
      return distrust("Older grants were put in the place of the newer ones.", grants, state);
    return { ...state, grants, damage: null };
  }

  /** What was forbidden stays so, also when that is gone from the file or is an older one there. */
  function distrust(
    damage: string,
    grants: View["grants"] = new Map(),
    state: GrantState | null = null,
  ): View {
    const denied = [...(known?.grants ?? [])].filter(([, { effect }]) => effect === "deny");
    const all = new Map([...grants, ...denied]);
    return {
      grants: all,
      damage,
      armed: false,
      epoch: Math.max(known?.epoch ?? 0, state?.epoch ?? 0, ...[...all.values()].map(({ epoch }) => epoch)),
      revision: Math.max(known?.revision ?? 0, state?.revision ?? 0),
    };
  }

  function settle(next: View, nextVersion: number | null): void {
    if (next.damage === null) known = next;
    else if (next.damage !== view.damage)
      log.error({ damage: next.damage }, "the grants cannot be relied on, so nothing is allowed");
    view = unwritten === null ? next : { ...next, epoch: Math.max(next.epoch, unwritten), armed: false };
    version = nextVersion;
  }

  function commit<T>(work: (now: View) => Edit<T>): T {
    const { damage } = look();
    if (file === null || damage !== null) throw obstacle?.error ?? distrusted(damage);
    const after = attempt(file, work);
    unwritten = null;
    settle(after.view, after.version);
    return after.result;
  }

  function attempt<T>(on: GrantFile, work: (now: View) => Edit<T>) {
    try {
      return on.change((content) => {
        const before = judge(readContent(content, seal));
        if (before.damage !== null) throw distrusted(before.damage);
        const epoch = unwritten === null ? before.epoch : Math.max(before.epoch + 1, unwritten);
        const now: View = { ...before, epoch, armed: before.armed && unwritten === null };
        const { put = [], remove = [], armed = now.armed, result } = work(now);
        const sealed = put.map((grant) => sealGrant(grant, seal));
        const seals = new Map([...content.grants, ...sealed].map((row) => [row.id, row.seal]));
        const grants = new Map([...before.grants, ...put.map((grant) => [grant.id, grant] as const)]);
        for (const id of remove) for (const map of [seals, grants]) map.delete(id);
        const state = { epoch, armed, revision: revisionAfter(before.revision) };
        return {
          state: sealState(state, [...seals.values()], seal),
          put: sealed,
          remove,
          result: { view: { ...state, grants, damage: null }, version: content.version, result },
        };
      });
    } catch (error) {
      // What is believed may not be what is there.
      if (isDamage(error)) version = null;
      throw error;
    }
  }

  return {
    look,
    commit,
    stop() {
      unwritten = Math.max(view.epoch, unwritten ?? 0) + 1;
      view = { ...view, epoch: unwritten, armed: false };
      try {
        commit(() => ({ result: null }));
      } catch (error) {
        if (!isDamage(error)) throw error;
        unseal();
      }
    },
    repair() {
      const { damage, grants, epoch, revision } = look();
      if (damage === null) return;
      // What nobody has read must not be written over.
      if (obstacle !== null) throw obstacle.error;
      const state = { epoch: epoch + 1, armed: false, revision: revisionAfter(revision) };
      write(sealContent(state, [...grants.values()], seal));
      [unwritten, version] = [null, null];
      look();
    },
    close: () => file?.close(),
  };

  /** So that putting the damage right by hand does not undo the panic at the next start. */
  function unseal(): void {
    try {
      file?.unseal();
    } catch (error) {
      if (!isDamage(error)) throw error;
    }
  }

  function write(content: Content): void {
    try {
      file ??= openGrantFile(path);
      file.replace(content);
    } catch (error) {
      if (!isDamage(error)) throw error;
      file?.close();
      file = null;
      const aside = moveGrantFileAside(path, clock.now());
      log.warn({ aside }, "the file of the grants could not be read and was moved aside");
      makeGrantFile(path, content);
    }
  }
}

function isDamage(error: unknown): boolean {
  return error instanceof SmartClawError && error.code === "STORAGE_CORRUPT";
}

function distrusted(damage: string | null): SmartClawError {
  return new SmartClawError(
    "STORAGE_CORRUPT",
    damage ?? "The grants cannot be read.",
    "Look through the grants that are left, have them repaired, and switch Guardian on again.",
  );
}

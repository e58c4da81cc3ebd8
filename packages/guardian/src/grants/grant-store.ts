import { type Clock, type Log, SmartClawError, type Unsubscribe } from "@smartclaw/contracts";
import { checkGrants } from "./check-grants.ts";
import type { Grant } from "./grant.ts";
import type { Duration, GrantRecord, HeldGrant, NewGrant } from "./grant-record.ts";
import { openKeptGrants, type View } from "./kept-grants.ts";
import { type GrantStanding, isEffective, isForgotten, nextChange, standingOf, toGrant } from "./standing.ts";
import { countUses } from "./uses.ts";

const mostGrants = 2000;

/** What the owner has granted and forbidden. Every change is on the disk when it returns. */
export interface GrantStore {
  /** All that is kept, the oldest first. */
  list(): readonly (GrantRecord & { readonly standing: GrantStanding })[];
  /**
   * What the decision goes by: what is allowed only while all that is kept is authentic and Guardian is armed; what is
   * forbidden always. The same array until something changes.
   */
  effective(): readonly Grant[];
  /**
   * All or none; of those that allowed something and ended a month ago, none is kept. What is sound on this computer,
   * `checkScope` says.
   * @throws SmartClawError BAD_REQUEST, CONFLICT when there are too many or Guardian is not armed, STORAGE_CORRUPT, DISK_FULL
   */
  add(grants: readonly NewGrant[]): readonly GrantRecord[];
  /** @throws SmartClawError NOT_FOUND, STORAGE_CORRUPT, DISK_FULL, CONFLICT */
  revoke(id: string): GrantRecord;
  /** @throws SmartClawError NOT_FOUND, BAD_REQUEST, CONFLICT when a panic made it void, STORAGE_CORRUPT, DISK_FULL */
  renew(id: string, duration: Duration): GrantRecord;
  /** Counts a use of those that are effective; for every action, so it is cheap and never fails. */
  used(ids: readonly string[]): void;
  /**
   * Nothing is allowed from now on: what was is void for good, and nothing new is until `arm`. @returns the new epoch
   * @throws SmartClawError DISK_FULL, CONFLICT when it could not be written: it holds in this process all the same
   */
  panic(): number;
  /** @throws SmartClawError STORAGE_CORRUPT, DISK_FULL, CONFLICT */
  arm(): void;
  isArmed(): boolean;
  epoch(): number;
  /** Null when all is as SmartClaw wrote it; else what was found, for people. */
  damage(): string | null;
  /**
   * Keeps what is authentic, as after a panic: what it allowed is void, and Guardian is not armed. Does nothing where
   * there is no damage. @throws SmartClawError DISK_FULL, CONFLICT
   */
  repair(): void;
  /**
   * Told of what changes here, and of what another process changed as soon as that is noticed; of uses only when they
   * are written.
   */
  onChange(listener: () => void): Unsubscribe;
  close(): void;
}

/**
 * Opens the store, or makes it (SQLite, mode 0600, in a folder of mode 0700). A damaged one opens, too: it forbids, and
 * allows nothing. @param deps.key 32 bytes @throws SmartClawError DISK_FULL, CONFLICT when none is there or can be made
 */
export function openGrantStore(deps: {
  readonly file: string;
  readonly key: Uint8Array;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly log: Log;
}): GrantStore {
  const { clock, newId, log } = deps;
  const kept = openKeptGrants({ path: deps.file, key: deps.key, clock, log });
  const uses = countUses({ kept, clock, log });
  const listeners = new Set<() => void>();
  let seen = kept.look();
  let answer: { view: View; from: number; to: number; grants: readonly Grant[] } | null = null;

  function look(): View {
    const view = kept.look();
    if (view !== seen) {
      seen = view;
      for (const listener of listeners) tell(listener);
    }
    return view;
  }

  function tell(listener: () => void): void {
    try {
      listener();
    } catch (error) {
      log.error({ error: String(error) }, "what follows the grants failed");
    }
  }

  /** Also what fails can have changed something: a panic that cannot be written. */
  function change<T>(work: () => T): T {
    try {
      return work();
    } finally {
      look();
    }
  }

  const held = (view: View): HeldGrant[] => [...view.grants.values()].map((grant) => uses.of(grant));

  return {
    list() {
      const view = look();
      const now = clock.now();
      return held(view)
        .toSorted((one, other) => one.createdAt - other.createdAt)
        .map((grant) => ({ ...toRecord(grant), standing: standingOf(grant, view, now) }));
    },
    effective() {
      const view = look();
      const now = clock.now();
      if (answer?.view !== view || now < answer.from || now >= answer.to) {
        const all = held(view);
        const grants = all.filter((grant) => isEffective(grant, view, now)).map(toGrant);
        answer = { view, from: now, to: Math.min(...all.map((grant) => nextChange(grant, now))), grants };
      }
      return answer.grants;
    },
    add(given) {
      const now = clock.now();
      const grants = checkGrants(given, now);
      if (grants.length === 0) return [];
      return change(() =>
        kept.commit((view) => {
          if (!view.armed && grants.some(({ effect }) => effect === "allow")) throw notArmed();
          const forgotten = held(view).filter((grant) => isForgotten(grant, view, now));
          if (view.grants.size - forgotten.length + grants.length > mostGrants) throw tooMany();
          const put = grants.map((grant): HeldGrant => ({
            ...grant,
            id: newId(),
            createdAt: now,
            uses: 0,
            lastUsedAt: null,
            renewedAt: null,
            epoch: view.epoch,
          }));
          const ids = new Set([...view.grants.keys(), ...put.map(({ id }) => id)]);
          if (ids.size < view.grants.size + put.length) throw new Error("a new grant has the id of another");
          return { put, remove: forgotten.map(({ id }) => id), result: put.map(toRecord) };
        }),
      );
    },
    revoke: (id) =>
      change(() =>
        kept.commit(({ grants }) => ({ remove: [id], result: toRecord(uses.of(find(grants, id))) })),
      ),
    renew(id, duration) {
      const now = clock.now();
      return change(() =>
        kept.commit((view) => {
          const grant = find(view.grants, id);
          const { effect, scope, callers, source } = grant;
          checkGrants([{ effect, scope, callers, source, duration }], now);
          if (standingOf(grant, view, now) === "void") throw voidForGood();
          const renewed = { ...grant, duration, renewedAt: now };
          return { put: [renewed], result: toRecord(uses.of(renewed)) };
        }),
      );
    },
    used(ids) {
      uses.count(ids, look());
      look();
    },
    panic() {
      change(() => kept.stop());
      return look().epoch;
    },
    arm() {
      if (!look().armed) change(() => kept.commit(() => ({ armed: true, result: null })));
    },
    isArmed: () => look().armed,
    epoch: () => look().epoch,
    damage: () => look().damage,
    repair: () => change(() => kept.repair()),
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close() {
      uses.flush();
      kept.close();
    },
  };
}

function toRecord(grant: HeldGrant): GrantRecord {
  const { epoch: _, ...record } = grant;
  return record;
}

function find(grants: View["grants"], id: string): HeldGrant {
  const grant = grants.get(id);
  if (grant !== undefined) return grant;
  throw new SmartClawError(
    "NOT_FOUND",
    "There is no such grant (any more).",
    "Look through those that are there.",
  );
}

function notArmed(): SmartClawError {
  return new SmartClawError(
    "CONFLICT",
    "Guardian is not armed, so nothing can be allowed.",
    "Arm Guardian first.",
  );
}

function voidForGood(): SmartClawError {
  return new SmartClawError(
    "CONFLICT",
    "This grant was made before everything was stopped, and stays void.",
    "Make it anew, if you still want it.",
  );
}

function tooMany(): SmartClawError {
  return new SmartClawError(
    "CONFLICT",
    `There would be more than ${mostGrants} grants.`,
    "Revoke those that are not needed any more.",
  );
}

import { createHash } from "node:crypto";
import type { Clock, Log } from "@smartclaw/contracts";
import { z } from "zod";
import type { AuditLog } from "../audit/audit-log.ts";
import type { AuditHead, AuditRow } from "../audit/entry.ts";
import { checkScope } from "../grants/check-scope.ts";
import type { Scope } from "../grants/grant.ts";
import type { GrantStore } from "../grants/grant-store.ts";
import { findProgram } from "../programs/find-program.ts";
import type { World } from "../world/world.ts";
import { asked } from "./asked.ts";
import { type Habit, type HabitEvent, type HabitState, noHabits, offersOf, withEvent } from "./habit-core.ts";

export interface Offer extends Habit {
  /** Of exactly this: whoever names it has seen these scopes. */
  readonly id: string;
}

/** What the owner allowed again and again, and could grant. */
export interface Habits {
  /** The newest first. Nothing where the log is not as it was written. */
  offers(): Promise<readonly Offer[]>;
}

/** So far back it is looked, which is weeks: what is further back repeats too seldom. */
const mostRows = 20_000;

/**
 * Offers are made from the log alone: each row of it is sealed with the one before, so nobody who writes to a file can
 * have something offered that was never allowed, or hide that it was refused.
 */
export function createHabits(deps: {
  readonly audit: Pick<AuditLog, "trail">;
  readonly grants: Pick<GrantStore, "list">;
  readonly world: World;
  readonly clock: Clock;
  readonly log: Log;
}): Habits {
  const { audit, grants, world, clock, log } = deps;
  let known: { readonly state: HabitState; readonly head: AuditHead | null } = {
    state: noHabits,
    head: null,
  };
  let reading: Promise<unknown> = Promise.resolve();

  async function read(): Promise<HabitState> {
    const trail = await audit.trail(known.head, mostRows);
    if (trail === null) {
      log.error({}, "the log is not as it was written, so nothing is offered");
      known = { state: noHabits, head: null };
      return noHabits;
    }
    let { state } = known;
    for (const row of trail.rows) {
      const event = eventOf(row);
      if (event !== null) state = withEvent(state, event);
    }
    known = { state, head: trail.head };
    return state;
  }

  /** What the owner has already is not offered. */
  function isGranted(scope: Scope): boolean {
    return grants
      .list()
      .some(
        (grant) =>
          grant.effect === "allow" &&
          grant.standing === "effective" &&
          grant.callers?.includes("owner") === true &&
          JSON.stringify(grant.scope) === JSON.stringify(scope),
      );
  }

  const isSound = (scope: Scope): boolean =>
    checkScope({ effect: "allow", scope }, world) === null &&
    // What others can change may be another program tomorrow.
    (scope.type !== "run" || findProgram(world, "/", scope.words[0] ?? "")?.trusted === true);

  return {
    async offers() {
      // One after the other, so that no row counts twice.
      const turn = reading.then(read);
      reading = turn.catch(() => undefined);
      return offersOf(await turn, clock.now())
        .filter(({ scopes }) => scopes.every(isSound) && !scopes.every(isGranted))
        .map((habit) => ({ ...habit, id: idOf(habit) }));
    },
  };
}

function idOf({ shape, scopes }: Habit): string {
  return createHash("sha256")
    .update(JSON.stringify([shape, scopes]))
    .digest("hex");
}

const answerBody = z.object({ said: z.enum(["once", "session", "deny"]), asked });
const offerBody = z.object({ said: z.enum(["accepted", "dismissed"]), shape: z.string() });

function eventOf({ kind, at, body }: AuditRow): HabitEvent | null {
  if (kind === "panic") return { type: "stopped" };
  if (kind === "answer") {
    const answer = answerBody.safeParse(body).data;
    if (answer === undefined) return null;
    return { type: answer.said === "deny" ? "no" : "yes", at, asked: answer.asked };
  }
  const offer = kind === "offer" ? offerBody.safeParse(body).data : undefined;
  return offer === undefined ? null : { type: offer.said, at, shape: offer.shape };
}

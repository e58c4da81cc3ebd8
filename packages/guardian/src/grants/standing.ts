import type { Grant } from "./grant.ts";
import type { GrantRecord, HeldGrant } from "./grant-record.ts";

/**
 * `past`: its time is over. `unused`: nobody used it for 30 days. `to-review`: its review date is over, or it was made at
 * a time that the clock has yet to reach, so that nobody knows how long it holds; both end when it is renewed. `void`:
 * made before the last panic, or nothing is allowed at all. What forbids is `effective` or `past`.
 */
export type GrantStanding = "effective" | "past" | "unused" | "to-review" | "void";

const hour = 3_600_000;
const day = 24 * hour;
const sessionLasts = day;
const unusedAfter = 30 * day;
const forgottenAfter = 30 * day;
/** Clocks are set right by so much all the time. */
const clockSlack = 60_000;

/** When something may be allowed, and by which grants. */
interface Situation {
  readonly armed: boolean;
  readonly epoch: number;
}

/** Whether a grant counts, and if not, why. @param now in ms since 1970 */
export function standingOf(grant: HeldGrant, { armed, epoch }: Situation, now: number): GrantStanding {
  const end = endOf(grant);
  const isOver = end !== null && now >= end;
  // What was forbidden without an end stays so until somebody takes that back.
  if (grant.effect === "deny") return isOver ? "past" : "effective";
  if (!armed || grant.epoch !== epoch) return "void";
  if (now < startOf(grant) - clockSlack) return "to-review";
  if (isOver) return grant.duration.kind === "always" ? "to-review" : "past";
  return now >= unusedFrom(grant) ? "unused" : "effective";
}

export function isEffective(grant: HeldGrant, situation: Situation, now: number): boolean {
  return standingOf(grant, situation, now) === "effective";
}

/** The next moment at which a standing could be another one; `Infinity` when there is none. In ms since 1970. */
export function nextChange(grant: HeldGrant, now: number): number {
  const moments = [startOf(grant) - clockSlack, endOf(grant) ?? Infinity, unusedFrom(grant)];
  return Math.min(...moments.filter((moment) => moment > now), Infinity);
}

/** Whether a grant that allowed something has been over for so long that nobody looks for it any more. */
export function isForgotten(grant: HeldGrant, situation: Situation, now: number): boolean {
  const standing = standingOf(grant, situation, now);
  if (grant.effect === "deny" || (standing !== "past" && standing !== "void")) return false;
  const last = Math.max(startOf(grant), grant.lastUsedAt ?? 0, standing === "past" ? (endOf(grant) ?? 0) : 0);
  return now - last >= forgottenAfter;
}

/** What the decision needs to know of a grant. */
export function toGrant(grant: GrantRecord): Grant {
  const { id, effect, scope, callers } = grant;
  return { id, effect, scope, callers, until: endOf(grant) };
}

function startOf({ createdAt, renewedAt }: GrantRecord): number {
  return renewedAt ?? createdAt;
}

function endOf(grant: GrantRecord): number | null {
  const { duration, effect } = grant;
  if (duration.kind === "session") return startOf(grant) + sessionLasts;
  if (duration.kind === "until") return duration.at;
  return effect === "deny" ? null : duration.reviewAt;
}

function unusedFrom(grant: GrantRecord): number {
  return Math.max(startOf(grant), grant.lastUsedAt ?? 0) + unusedAfter;
}

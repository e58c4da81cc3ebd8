import { SmartClawError } from "@smartclaw/contracts";
import { z } from "zod";
import { objectionTo } from "./check-scope.ts";
import { type Duration, type NewGrant, newGrantForm } from "./grant-record.ts";

const day = 86_400_000;
const reviewWithin = 90 * day;
/** Later than that, nobody remembers what it was for. */
const endsWithin = 366 * day;

/**
 * The grants, as they were given. @param now in ms since 1970
 * @throws SmartClawError BAD_REQUEST when one is of another form, makes no sense or would hold for too long
 */
export function checkGrants(given: readonly NewGrant[], now: number): readonly NewGrant[] {
  const { data, error } = z.array(newGrantForm).safeParse(given);
  if (data === undefined) throw wrong(error?.issues[0]?.message ?? "it is not understood");
  for (const grant of data) {
    const objection = objectionTo(grant) ?? objectionToDuration(grant.duration, now);
    if (objection !== null) throw wrong(objection);
  }
  return data;
}

function objectionToDuration(duration: Duration, now: number): string | null {
  if (duration.kind === "session") return null;
  const [end, most, what] =
    duration.kind === "until"
      ? [duration.at, endsWithin, "it ends"]
      : [duration.reviewAt, reviewWithin, "its review date is"];
  if (end <= now) return `${what} in the past`;
  return end > now + most ? `${what} more than ${most / day} days ahead` : null;
}

function wrong(why: string): SmartClawError {
  return new SmartClawError("BAD_REQUEST", `The grant cannot be made: ${why}.`, "Change that and try again.");
}

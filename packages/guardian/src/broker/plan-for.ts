import { existsSync } from "node:fs";
import type { Decision } from "../decide.ts";
import type { Grant } from "../grants/grant.ts";
import { isWithin } from "../paths/resolve.ts";
import { planOf, type SandboxPlan } from "../sandbox/plan.ts";

/**
 * What a command may see and change that was let through.
 * @param grants those that are effective
 * @param callers the names by which grants know who asks
 */
export function planFor(
  decision: Decision,
  folder: string,
  grants: readonly Grant[],
  callers: readonly string[],
): SandboxPlan {
  const { needs, unknown } = decision.report;
  const mine = grants.filter((grant) => isFor(grant, callers));
  const isSeenThrough =
    unknown.length === 0 && needs.every((need) => need.type !== "run" || need.beyond === null);
  const counting = {
    matched: mine.filter(({ id }) => decision.grants.includes(id)),
    whole: isSeenThrough ? [] : mine.filter((grant) => isOfFolder(grant, folder)),
    forbidding: mine.filter(({ effect }) => effect === "deny"),
  };
  return planOf(folder, needs, counting, decision.missing, existsSync);
}

/** A command that nobody can see through is held by what was granted of the folder in which it runs. */
function isOfFolder({ effect, scope }: Grant, folder: string): boolean {
  if (effect !== "allow" || (scope.type !== "read" && scope.type !== "write")) return false;
  return isWithin(folder, scope.path);
}

export function isFor({ callers }: Grant, names: readonly string[]): boolean {
  return callers === null || names.some((name) => callers.includes(name));
}

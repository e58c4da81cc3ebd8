import type { Report } from "../analysis/report.ts";
import { createJudge, type Decision, type Judge } from "../decide.ts";
import { type Grant, isOwn } from "../grants/grant.ts";
import type { GrantStore } from "../grants/grant-store.ts";
import { resolvePath } from "../paths/resolve.ts";
import { sendingNeeds, withHeldBack } from "../taint/taint-core.ts";
import type { Taints } from "../taint/taints.ts";
import type { World } from "../world/world.ts";
import { foresee, type OriginOfTab } from "./foresee.ts";
import type { Permit } from "./tickets.ts";
import type { Action, Doable } from "./tool-call.ts";

type Grants = Pick<GrantStore, "effective" | "isArmed" | "epoch">;

/** Judges by the grants of the moment. */
export function judgeOfNow(grants: Pick<GrantStore, "effective">, world: World): Judge {
  let last: { readonly by: readonly Grant[]; readonly judge: Judge } | null = null;
  return (report, asker) => {
    const by = grants.effective();
    if (last?.by !== by) last = { by, judge: createJudge(by, world) };
    return last.judge(report, asker);
  };
}

/** What an action would do, and what is to be said to that. */
export interface Judging {
  /** @param folder in which it is meant; absolute, without links */
  foresee(action: Doable, folder: string): Report;
  /** What a conversation sends that may be misled is for the owner to say, whatever was granted. */
  judge(asker: Asker, action: Doable, report: Report): Decision;
  /**
   * What was decided, when it still holds: nothing was stopped, no grant was taken back, and no file or link has been
   * put so that the command would do more. Else null.
   */
  stillAllowed(permit: Permit): Decision | null;
}

/** On whose behalf something is done, and by which names grants know that. */
type Asker = Pick<Permit, "root" | "callers">;

export function createJudging(deps: {
  readonly world: World;
  readonly grants: Grants;
  readonly taints: Taints;
  readonly judge: Judge;
  readonly originOf: OriginOfTab;
  readonly now: () => number;
}): Judging {
  const { world, grants, taints, now } = deps;
  const seen = (action: Doable, folder: string): Report => foresee(action, folder, world, deps.originOf);
  const judge: Judging["judge"] = ({ root, callers }, action, report) => {
    const judged = deps.judge(report, { callers, now: now() });
    const held = taints.heldBack(root, sendingNeeds(action, judged.report.needs));
    return withHeldBack(judged, held, callers.some(isOwn));
  };
  return {
    foresee: seen,
    judge,
    stillAllowed(permit) {
      const { epoch, folder, decision } = permit;
      if (!grants.isArmed() || grants.epoch() !== epoch) return null;
      if (resolvePath(world, "/", folder)?.path !== folder) return null;
      const action = commandOf(permit);
      const again = judge(permit, action, seen(action, folder));
      const known = new Set(openOf(decision));
      return again.decision !== "deny" && openOf(again).every((one) => known.has(one)) ? again : null;
    },
  };
}

export function commandOf({ text, folder, environment }: Permit): Extract<Action, { type: "command" }> {
  return { type: "command", text, folder, environment };
}

/** What only the owner's word covers. */
function openOf({ missing, report: { unknown } }: Decision): string[] {
  return [...missing, ...unknown].map((one) => JSON.stringify(one));
}

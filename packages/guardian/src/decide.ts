import { analyse } from "./analysis/analyse.ts";
import type { Need, Report } from "./analysis/report.ts";
import { type Grant, isOwn } from "./grants/grant.ts";
import { type GrantIndex, indexGrants } from "./grants/grant-index.ts";
import type { World } from "./world/world.ts";

export interface CommandRequest {
  /** For `bash --noprofile --norc -c`. */
  readonly text: string;
  /** Where it is started; absolute. */
  readonly folder: string;
  readonly caller: string;
  /** In milliseconds since 1970. */
  readonly now: number;
}

export interface Decision {
  readonly decision: "allow" | "ask" | "deny";
  /** For people; empty for what is allowed. */
  readonly reasons: readonly string[];
  /** Those that allow it, or a part of it, or that forbid it. */
  readonly grants: readonly string[];
  /** What no grant covers. */
  readonly missing: readonly Need[];
  readonly report: Report;
}

/** Decides on commands, by what they would do and what was granted. */
export function createDecider(grants: readonly Grant[], world: World): (request: CommandRequest) => Decision {
  const judge = createJudge(grants, world);
  return ({ text, folder, caller, now }) => judge(analyse(text, folder, world), { callers: [caller], now });
}

/** Who wants something, and when. */
interface Asker {
  /** The names by which grants may know it. */
  readonly callers: readonly string[];
  /** In milliseconds since 1970. */
  readonly now: number;
}

/** Holds what an action would do against what was granted. */
export type Judge = (report: Report, asker: Asker) => Decision;

export function createJudge(grants: readonly Grant[], world: World): Judge {
  const index = indexGrants(grants, world);
  return (report, asker) => judgeAll(report, asker, index);
}

/**
 * What a line perhaps needs counts where that was granted, so that the sandbox lets it through, and where the owner is
 * asked anyway, who sees it then. By itself it never makes a question, and never lets anything through.
 */
function judgeAll(report: Report, asker: Asker, index: GrantIndex): Decision {
  const decision = judge(report, asker, index);
  if (decision.decision === "deny" || report.perhaps === undefined) return decision;
  const known = new Set(report.needs.map((need) => JSON.stringify(need)));
  const counting = report.perhaps.filter((need) => {
    const { decision: word } = judge({ needs: [need], unknown: [], refused: [] }, asker, index);
    const counts = word === "allow" || (word === "ask" && decision.decision === "ask");
    return counts && !known.has(JSON.stringify(need));
  });
  return counting.length === 0
    ? decision
    : judge({ ...report, needs: [...report.needs, ...counting] }, asker, index);
}

/**
 * Refused when it is never done or a grant forbids it; allowed when it is understood as a whole and every need is
 * covered; everything else is for the owner to say. Who is not the owner is refused where the owner would be asked.
 */
function judge(report: Report, { callers, now }: Asker, index: GrantIndex): Decision {
  const { needs, unknown, refused } = report;
  const applies =
    (effect: Grant["effect"]) =>
    (grant: Grant): boolean =>
      grant.effect === effect &&
      (grant.until === null || now < grant.until) &&
      (grant.callers === null || callers.some((caller) => grant.callers?.includes(caller)));
  const forbidding = needs.flatMap((need) => index.covering(need, applies("deny")));
  const roots = needs.filter(
    (need) => need.type === "remove" && need.contents !== true && index.holdsGranted(need.path),
  );
  const denied = [
    ...refused,
    ...roots.map(() => "a whole granted folder would be removed"),
    ...forbidding.map(({ id }) => `the grant ${id} forbids it`),
  ];
  if (denied.length > 0)
    return { decision: "deny", reasons: denied, grants: forbidding.map(({ id }) => id), missing: [], report };
  const used = new Set<string>();
  const missing: Need[] = [];
  for (const need of needs) {
    const [grant] = index.covering(need, applies("allow"));
    if (grant === undefined) missing.push(need);
    else used.add(grant.id);
  }
  const open = [...unknown, ...missing.map((need) => sentenceOf(need, index, applies("allow")))];
  if (open.length === 0 && needs.length === 0) open.push("there is nothing to be run");
  const matched = { grants: [...used], missing, report };
  if (open.length === 0) return { decision: "allow", reasons: [], ...matched };
  if (callers.some(isOwn)) return { decision: "ask", reasons: [...new Set(open)], ...matched };
  return {
    decision: "deny",
    reasons: ["only the owner can be asked, and somebody else wants it"],
    ...matched,
  };
}

const browsingWords = {
  read: "reading pages of",
  act: "acting in pages of",
  script: "running scripts in pages of",
} as const;

function sentenceOf(need: Need, index: GrantIndex, applies: (grant: Grant) => boolean): string {
  switch (need.type) {
    case "run": {
      const name = need.program.replace(/^.*[/:]/, "");
      const withoutBeyond = index.covering({ ...need, beyond: null }, applies);
      return withoutBeyond.length > 0 && need.beyond !== null
        ? `the grant of ${name} is for data only: ${need.beyond}`
        : `running ${need.argv
            .map((word) => word ?? "…")
            .join(" ")
            .slice(0, 200)} is not granted`;
    }
    case "read":
      return `reading ${need.path} is not granted`;
    case "write":
      return `writing ${need.path} is not granted`;
    case "remove":
      return `removing ${need.contents === true ? "all that is in " : ""}${need.path} is not granted`;
    case "reach":
      return `${need.sends ? "sending to" : "reaching"} ${need.host} is not granted`;
    case "browse":
      return `${browsingWords[need.may]} ${need.origin} is not granted`;
    case "tool":
      return "to have a sub-agent work is not granted";
    case "undo":
      return lostForGood(need.what);
  }
}

/** Why it is asked, as far as nobody keeps a copy. */
export function lostForGood(what: string): string {
  return `${what} would be lost, and no copy is kept`;
}

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
  /** Those that allowed it, or forbade it. */
  readonly grants: readonly string[];
  readonly report: Report;
}

/** Decides on commands, by what they would do and what was granted. */
export function createDecider(grants: readonly Grant[], world: World): (request: CommandRequest) => Decision {
  const index = indexGrants(grants, world);
  return (request) => judge(analyse(request.text, request.folder, world), request, index);
}

/**
 * Refused when it is never done or a grant forbids it; allowed when it is understood as a whole and every need is
 * covered; everything else is for the owner to say. Who is not the owner is refused where the owner would be asked.
 */
function judge(
  report: Report,
  { caller, now }: Pick<CommandRequest, "caller" | "now">,
  index: GrantIndex,
): Decision {
  const { needs, unknown, refused } = report;
  const applies =
    (effect: Grant["effect"]) =>
    (grant: Grant): boolean =>
      grant.effect === effect &&
      (grant.until === null || now < grant.until) &&
      (grant.callers === null || grant.callers.includes(caller));
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
    return { decision: "deny", reasons: denied, grants: forbidding.map(({ id }) => id), report };
  const used = new Set<string>();
  const missing: string[] = [];
  for (const need of needs) {
    const [grant] = index.covering(need, applies("allow"));
    if (grant === undefined) missing.push(sentenceOf(need, index, applies("allow")));
    else used.add(grant.id);
  }
  const open = [...unknown, ...missing];
  if (open.length === 0 && needs.length === 0) open.push("there is nothing to be run");
  if (open.length === 0) return { decision: "allow", reasons: [], grants: [...used], report };
  if (isOwn(caller)) return { decision: "ask", reasons: [...new Set(open)], grants: [], report };
  return {
    decision: "deny",
    reasons: ["only the owner can be asked, and somebody else wants it"],
    grants: [],
    report,
  };
}

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
    case "undo":
      return `${need.what} would be lost, and no copy is kept`;
  }
}

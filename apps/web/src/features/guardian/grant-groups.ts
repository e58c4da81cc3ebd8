import type { GuardianGrant } from "@smartclaw/contracts";
import { grantSentence } from "./grant-words.ts";
import { visibleString } from "./visible-text.ts";

export const grantFilters = {
  all: "All",
  effective: "In force",
  review: "To be looked at",
  over: "Over",
} as const;
export type GrantFilter = keyof typeof grantFilters;

export interface GrantGroup {
  readonly title: string;
  readonly grants: readonly GuardianGrant[];
}

const titles = ["Forbidden", "Programs", "Files and folders", "Web", "Changes"] as const;

function titleOf({ effect, scope }: GuardianGrant): (typeof titles)[number] {
  if (effect === "deny") return "Forbidden";
  if (scope.type === "run") return "Programs";
  if (scope.type === "reach" || scope.type === "browse") return "Web";
  return scope.type === "undo" ? "Changes" : "Files and folders";
}

function passes({ standing }: GuardianGrant, filter: GrantFilter): boolean {
  if (filter === "effective") return standing === "effective";
  if (filter === "review") return standing === "unused" || standing === "to-review";
  return filter === "all" || standing === "past" || standing === "void";
}

/** The grants that are looked for, by what they are about, and the ones that ask for a look first. */
export function groupGrants(
  grants: readonly GuardianGrant[],
  { text, filter }: { text: string; filter: GrantFilter },
): readonly GrantGroup[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = grants
    .filter((grant) => passes(grant, filter))
    .map((grant) => ({ grant, sentence: visibleString(grantSentence(grant)) }))
    .filter(({ grant, sentence }) => {
      const searched = `${sentence} ${grant.callers?.join(" ") ?? ""}`.toLowerCase();
      return words.every((word) => searched.includes(word));
    })
    .toSorted((one, other) => {
      const order = rank(one.grant) - rank(other.grant);
      return order === 0 ? one.sentence.localeCompare(other.sentence) : order;
    })
    .map(({ grant }) => grant);
  return titles
    .map((title) => ({ title, grants: found.filter((grant) => titleOf(grant) === title) }))
    .filter((group) => group.grants.length > 0);
}

function rank({ standing }: GuardianGrant): number {
  if (standing === "to-review" || standing === "unused") return 0;
  return standing === "effective" ? 1 : 2;
}

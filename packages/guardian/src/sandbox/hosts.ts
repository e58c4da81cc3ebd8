import type { Need } from "../analysis/report.ts";
import type { Grant } from "../grants/grant.ts";

/** The only port: what is granted is to fetch over https. */
export const secureWeb = 443;

/**
 * The hosts that a command may speak to: those that it is known to want, and that a grant which matched names, or the
 * owner said yes to. What nobody can see through in it gets no more: a grant of a host that the command was not seen
 * to want stays out, for a program that could name it could send there what it has read.
 * @param said needs to which the owner said yes for this one time
 */
export function hostsOf(
  matched: readonly Grant[],
  forbidding: readonly Grant[],
  said: readonly Need[],
): readonly string[] {
  const named = (grants: readonly Grant[]): string[] =>
    grants.flatMap(({ scope }) => (scope.type === "reach" ? [scope.host] : []));
  const forbidden = new Set(named(forbidding));
  const wanted = said.flatMap((need) =>
    need.type === "reach" && need.port === secureWeb ? [need.host] : [],
  );
  return [...new Set([...named(matched), ...wanted])].filter((host) => !forbidden.has(host));
}

import type { Grant } from "../grants/grant.ts";
import { isFor } from "./plan-for.ts";

/**
 * Where the assistant may work, in words for it; no more than it would find out.
 * @param callers the names by which grants know who asks
 */
export function hintOf(grants: readonly Grant[], callers: readonly string[]): string {
  const paths = grants.flatMap((grant) => {
    const { effect, scope } = grant;
    if (effect === "deny" || !isFor(grant, callers) || (scope.type !== "read" && scope.type !== "write"))
      return [];
    return [`${scope.path} (${scope.type === "write" ? "read and write" : "read only"})`];
  });
  return paths.length === 0
    ? "Nothing on this computer has been granted to you. Say so when a task needs files or commands."
    : `You may work in: ${paths.join(", ")}. Give commands such a folder as \`workdir\`, and tools absolute paths. ` +
        "Commands run one by one in a sandbox. Of the network they have the servers that they name and that were granted, " +
        'over https, and nothing else: "403" from the proxy there means that Guardian let it through to no other. ' +
        "For anything else the owner is asked.";
}

import { posix } from "node:path";
import type { Need } from "../analysis/report.ts";
import type { Grant } from "../grants/grant.ts";
import { isWithin } from "../paths/resolve.ts";

/** What a command may see and change of this computer; everything else is not there for it. */
export interface SandboxPlan {
  /** Where it starts; absolute, without links. */
  readonly folder: string;
  /** Folders and files, absolute, without links. */
  readonly readable: readonly string[];
  readonly writable: readonly string[];
  /** Whether version control itself runs, which writes into its own folder. */
  readonly versionControl: boolean;
}

/**
 * Derives the plan from the grants that allowed a command, and from nothing else: a folder is writable when it was
 * granted for writing and something in it is to be written.
 * @param grants those that matched
 * @param whole grants of the folder in which something runs that nobody can see through; it may use them to the full
 * @param said needs to which the owner said yes for this one time
 * @param exists whether something is at a path; what is to be made needs the folder in which it will lie
 */
export function planOf(
  folder: string,
  needs: readonly Need[],
  grants: readonly Grant[],
  whole: readonly Grant[],
  said: readonly Need[],
  exists: (path: string) => boolean,
): SandboxPlan {
  const changed = needs.flatMap((need) =>
    need.type === "write" || need.type === "remove" ? [need.path] : [],
  );
  const readable = new Set<string>();
  const writable = new Set<string>();
  for (const grant of [...grants, ...whole]) {
    const { scope } = grant;
    if (scope.type !== "read" && scope.type !== "write") continue;
    const { path, type } = scope;
    const toBeChanged = whole.includes(grant) || changed.some((one) => isWithin(one, path));
    (type === "write" && toBeChanged ? writable : readable).add(path);
  }
  for (const need of said) {
    if (need.type === "read") readable.add(need.path);
    if (need.type === "write" || need.type === "remove")
      writable.add(need.type === "write" && exists(need.path) ? need.path : posix.dirname(need.path));
  }
  const outermost = (paths: ReadonlySet<string>): string[] =>
    [...paths].filter(
      (path) => path !== "/" && ![...paths].some((other) => other !== path && isWithin(path, other)),
    );
  const write = outermost(writable);
  return {
    folder,
    readable: outermost(readable).filter((path) => !write.some((other) => isWithin(path, other))),
    writable: write,
    versionControl: needs.some((need) => need.type === "run" && /(?:^|\/)git$/.test(need.program)),
  };
}

import { isWithin } from "../paths/resolve.ts";
import type { HeldApart } from "./held-apart.ts";
import type { SandboxPlan } from "./plan.ts";

/** What a path of this computer is for a sandboxed command. */
export interface Mount {
  readonly type: "write" | "read" | "hide-file" | "hide-folder";
  readonly path: string;
}

/**
 * The mounts of a plan, in the order in which they are made: what lies deeper comes later.
 * @param held what is held apart below the plan's paths, and places of the whole computer that nobody may see
 */
export function mountsOf(plan: SandboxPlan, held: readonly HeldApart[]): readonly Mount[] {
  const granted = [...plan.readable, ...plan.writable];
  const mounts: Mount[] = [
    ...plan.readable.map((path) => ({ type: "read", path }) as const),
    ...plan.writable.map((path) => ({ type: "write", path }) as const),
  ];
  for (const { path, kind, how } of held) {
    // A link leads to what is mounted by itself, or to nothing.
    if (kind === "link" || !granted.some((one) => isWithin(path, one))) continue;
    // What was granted by its own name was meant.
    if (granted.some((one) => isWithin(one, path))) continue;
    if (how === "hidden") mounts.push({ type: kind === "folder" ? "hide-folder" : "hide-file", path });
    else if (!plan.versionControl || !path.endsWith("/.git")) mounts.push({ type: "read", path });
  }
  return mounts.toSorted((a, b) => depth(a.path) - depth(b.path));
}

function depth(path: string): number {
  return path === "/" ? 0 : path.split("/").length;
}

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
  const apart = held.filter(
    ({ path, kind }) =>
      // A link leads to what is mounted by itself, or to nothing.
      kind !== "link" &&
      isIn(path, granted) &&
      // What was granted by its own name was meant.
      !granted.some((one) => isWithin(one, path)),
  );
  const hidden = apart.flatMap(({ path, kind, how }) => (how === "hidden" && kind === "folder" ? path : []));
  for (const one of apart) {
    // In a hidden folder is nothing that could be a mount.
    if (!hidden.some((folder) => folder !== one.path && isWithin(one.path, folder)))
      mounts.push({ type: typeOf(one, plan), path: one.path });
  }
  return mounts.toSorted((a, b) => depth(a.path) - depth(b.path) || strictness(a) - strictness(b));
}

function typeOf({ path, kind, how }: HeldApart, plan: SandboxPlan): Mount["type"] {
  if (how === "hidden") return kind === "folder" ? "hide-folder" : "hide-file";
  // Version control writes into its folder; but nobody puts another one in its place, for it is a mount.
  const isOpen = plan.versionControl && kind === "folder" && path.endsWith("/.git");
  return isOpen && isIn(path, plan.writable) && !plan.kept.includes(path) ? "write" : "read";
}

function isIn(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => isWithin(path, folder));
}

function depth(path: string): number {
  return path === "/" ? 0 : path.split("/").length;
}

/** Of two mounts at one place the later one is seen. */
function strictness({ type }: Mount): number {
  return ["write", "read", "hide-file", "hide-folder"].indexOf(type);
}

import type { Need } from "../analysis/report.ts";
import { isWithin, pathsTo } from "../paths/resolve.ts";
import { findProgram } from "../programs/find-program.ts";
import type { World } from "../world/world.ts";
import { browsing, type Grant } from "./grant.ts";

/** Grants, found by what they are about. */
export interface GrantIndex {
  /** The grants that cover a need, of those that apply. */
  covering(need: Need, applies: (grant: Grant) => boolean): readonly Grant[];
  /** Whether a folder of a grant would go with this path. */
  holdsGranted(path: string): boolean;
}

export function indexGrants(grants: readonly Grant[], world: World): GrantIndex {
  const byKey = new Map<string, Grant[]>();
  const folders = new Set<string>();
  for (const grant of grants) {
    const key = keyOf(grant, world);
    if (key === null) continue;
    byKey.set(key, [...(byKey.get(key) ?? []), grant]);
    const { scope } = grant;
    if (grant.effect === "allow" && (scope.type === "read" || scope.type === "write"))
      folders.add(scope.path);
  }
  return {
    covering: (need, applies) =>
      keysOf(need)
        .flatMap((key) => byKey.get(key) ?? [])
        .filter((grant) => applies(grant) && covers(grant, need)),
    holdsGranted: (path) => [...folders].some((granted) => isWithin(granted, path)),
  };
}

function keyOf({ scope }: Grant, world: World): string | null {
  if (scope.type === "run") {
    const program = findProgram(world, "/", scope.words[0] ?? "");
    return program === null ? null : runKey(program.file, scope.words[1]);
  }
  if (scope.type === "reach") return `reach ${scope.host.toLowerCase()}`;
  if (scope.type === "browse") return `browse ${scope.origin}`;
  if (scope.type === "tool") return `tool ${scope.name}`;
  return scope.type === "undo" ? "undo" : `path ${scope.path}`;
}

/** Grants of a program are many where its first argument says what it does. */
function runKey(program: string, firstArgument: string | undefined): string {
  return `run ${program} ${firstArgument ?? ""}`;
}

function keysOf(need: Need): readonly string[] {
  if (need.type === "run") {
    const first = new Set([undefined, need.words[1], need.argv[1] ?? undefined]);
    return [...first].map((word) => runKey(need.program, word));
  }
  if (need.type === "reach") return [`reach ${need.host}`];
  if (need.type === "browse") return [`browse ${need.origin}`];
  if (need.type === "tool") return [`tool ${need.name}`];
  if (need.type === "undo") return ["undo"];
  return [...pathsTo(need.path)].map((path) => `path ${path}`);
}

function covers({ scope, effect }: Grant, need: Need): boolean {
  if (need.type === "run") {
    if (scope.type !== "run") return false;
    const wanted = scope.words.slice(1);
    const exact = need.argv.slice(1);
    if (!scope.rest) return wanted.length === exact.length && wanted.every((word, at) => word === exact[at]);
    // What is forbidden is forbidden with whatever follows.
    if (need.beyond !== null && effect === "allow") return false;
    const words = need.words.slice(1);
    return wanted.every((word, at) => word === words[at]);
  }
  if (need.type === "reach")
    return scope.type === "reach" && (effect === "deny" || (need.port === 443 && !need.sends));
  if (need.type === "browse") {
    if (scope.type !== "browse" || scope.origin !== need.origin) return false;
    const more = browsing.indexOf(scope.may) - browsing.indexOf(need.may);
    // Who may do more may do less; what is forbidden is forbidden with all that is more.
    return effect === "allow" ? more >= 0 : more <= 0;
  }
  if (need.type === "tool") return scope.type === "tool" && scope.name === need.name;
  if (need.type === "undo") return scope.type === "undo";
  if (scope.type !== "read" && scope.type !== "write") return false;
  if (effect === "deny") return scope.type === "read" || need.type !== "read";
  if (need.type === "read") return true;
  // A granted folder may be filled and emptied, but not taken away.
  return scope.type === "write" && (need.type === "write" || need.path !== scope.path);
}

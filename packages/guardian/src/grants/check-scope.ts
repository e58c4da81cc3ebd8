import { posix } from "node:path";
import { protectionOf } from "../paths/protected.ts";
import { isWithin, resolvePath } from "../paths/resolve.ts";
import { findProgram } from "../programs/find-program.ts";
import { profileOf } from "../programs/profiles.ts";
import { refusalOf } from "../programs/refused.ts";
import { isInterpreter, wrappers } from "../programs/wrappers.ts";
import { builtinOf } from "../shell/builtins.ts";
import type { World } from "../world/world.ts";
import type { Scope } from "./grant.ts";
import type { NewGrant } from "./grant-record.ts";
import { objectionToOrigin } from "./origin.ts";

/** Of these the profiles say that nobody can tell from their arguments what they do: as of Node, and as of ssh. */
const opaque = new Set(["node", "ssh"].map(profileOf));

/**
 * Why a grant of the right form would do nothing, or more than anybody means, on this computer; null when it is sound.
 * For people: "the folder is your whole home".
 */
export function checkScope(grant: Pick<NewGrant, "effect" | "scope">, world: World): string | null {
  const { effect, scope } = grant;
  const objection = objectionTo(grant);
  if (objection !== null) return objection;
  if (scope.type === "run" && effect === "allow" && scope.rest) {
    const program = findProgram(world, "/", scope.words[0] ?? "");
    return program === null || program.trusted
      ? null
      : `${scope.words[0]} can be changed by others than the administrator, so only exact arguments can be granted`;
  }
  if (scope.type !== "read" && scope.type !== "write") return null;
  const place = resolvePath(world, "/", scope.path);
  if (place === null) return `where ${scope.path} leads is not known`;
  if (place.path !== scope.path)
    return `${scope.path} is reached by a link; the place itself is ${place.path}`;
  if (effect === "deny") return null;
  if (isWithin(world.home, scope.path) && (scope.type === "write" || scope.path !== world.home))
    return scope.path === world.home ? "the folder is your whole home" : "the folder holds everybody's home";
  const protection = protectionOf(world, scope.path, scope.type);
  return protection === null ? null : `no grant covers ${scope.path}: it belongs to ${protection.what}`;
}

/** The same, as far as it needs no computer to tell. */
export function objectionTo({ effect, scope }: Pick<NewGrant, "effect" | "scope">): string | null {
  if (scope.type === "browse") return objectionToOrigin(scope.origin);
  if (effect === "deny") return null;
  if (scope.type === "run") return objectionToRun(scope);
  const isAll = (scope.type === "read" || scope.type === "write") && scope.path === "/";
  return isAll ? "the folder is the whole computer" : null;
}

function objectionToRun({ words, rest }: Extract<Scope, { type: "run" }>): string | null {
  const [word = "", ...args] = words;
  const name = posix.basename(word);
  const refusal = refusalOf(name, args);
  if (refusal !== null) return `${name} is never run: ${refusal}`;
  if (!rest) return null;
  const profile = profileOf(name);
  const runsOthers =
    isInterpreter(name) || Object.hasOwn(wrappers, name) || builtinOf(name) !== null || name === "xargs";
  if (runsOthers || opaque.has(profile))
    return `${name} does whatever its arguments say, so only exact arguments can be granted`;
  if (profile === null)
    return `what further arguments of ${name} do is not known here, so only exact ones can be granted`;
  return null;
}

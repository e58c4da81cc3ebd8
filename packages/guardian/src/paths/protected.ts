import type { World } from "../world/world.ts";
import { componentMatches, patternMatcher } from "./pattern.ts";
import { isWithin, pathsTo } from "./resolve.ts";

/** What is done to a path. Whoever lists a folder reads it; whoever moves a file away removes it. */
export type Access = "read" | "write" | "remove";

export interface Protection {
  /** `never` has no grant that could cover it; `apart` is not covered by a grant of the folder in which it lies. */
  readonly kind: "never" | "apart";
  /** For people: "keys and passwords". */
  readonly what: string;
}

/** Of the whole computer; not written. */
const systemFolders: ReadonlySet<string> = new Set([
  "/bin",
  "/etc",
  "/lib",
  "/lib32",
  "/lib64",
  "/libx32",
  "/opt",
  "/proc",
  "/run",
  "/sbin",
  "/srv",
  "/usr",
  "/var",
  "/Library",
  "/System",
  "/Applications",
]);

/** Devices that hold nothing and tell nothing. */
const harmlessDevices: ReadonlySet<string> = new Set([
  "/dev/null",
  "/dev/zero",
  "/dev/full",
  "/dev/random",
  "/dev/urandom",
]);

/** Components that lie in a folder of the user's and belong to something else: the host runs or believes them later. */
const never: readonly (readonly string[])[] = [
  [".git", "hooks"],
  [".git", "config"],
  [".git", "config.worktree"],
  [".git", "commondir"],
  [".git", "info", "attributes"],
  [".git", "modules"],
];
const secrets: readonly (readonly string[])[] = [
  [".env*"],
  [".npmrc"],
  [".yarnrc*"],
  [".netrc"],
  [".pgpass"],
  [".git-credentials"],
  ["id_rsa*"],
  ["id_dsa*"],
  ["id_ecdsa*"],
  ["id_ed25519*"],
];
const settings: readonly (readonly string[])[] = [
  [".envrc"],
  [".direnv"],
  [".yarn"],
  [".pnpmfile.cjs"],
  [".git"],
  [".gitmodules"],
  [".gitattributes"],
  [".husky"],
  [".vscode"],
  [".idea"],
  [".fleet"],
  [".zed"],
  [".devcontainer"],
  [".cursor*"],
  [".claude*"],
  [".codex"],
  [".gemini"],
  [".windsurf*"],
  [".mcp.json"],
  ["pyvenv.cfg"],
  [".venv", "bin"],
  ["venv", "bin"],
  [".cargo", "config*"],
  ["pip.conf"],
];
const apart = [...secrets, ...settings];

/** Of `.git` only these are held apart from a reader: the rest is what version control shows anyway. */
function holdsFrom(components: readonly string[], access: Access): boolean {
  return components[0] !== ".git" || components.length > 1 || access !== "read";
}

const ofVersionControl: Protection = { kind: "never", what: "what version control runs" };
const ofTheProject: Protection = { kind: "apart", what: "settings or secrets that other programs believe" };
const ofTheSystem: Protection = { kind: "never", what: "the system's own files" };
const ofAnotherProgram: Protection = { kind: "never", what: "the memory of another program" };

/** What holds a path apart from the folder in which it lies; null when nothing does. @param path without links */
export function protectionOf(world: World, path: string, access: Access): Protection | null {
  if (harmlessDevices.has(path)) return null;
  if (/^\/proc\/[^/]+\/(?:environ|mem|maps|auxv|task|cmdline|fd)(?:\/|$)/.test(path)) return ofAnotherProgram;
  let ofSystem = false;
  for (const at of pathsTo(path)) {
    const what = world.protectedPlaces.get(at);
    if (what !== undefined) return { kind: "never", what };
    ofSystem ||= systemFolders.has(at) && !isWithin(world.home, at);
  }
  if (ofSystem && access !== "read" && !isWithin(path, "/var/tmp")) return ofTheSystem;
  return protectionIn(path, access, isNamed);
}

/** On some disks `.GIT` is `.git`; on the others nobody gives a file such a name for anything else. */
function isNamed(component: string, part: string): boolean {
  const [wanted, named] = [component.toLowerCase(), part.toLowerCase()];
  return wanted.endsWith("*") ? named.startsWith(wanted.slice(0, -1)) : named === wanted;
}

/**
 * How a name within a granted folder is held apart from whatever runs there: `hidden` are secrets, `kept` is what
 * other programs believe, which may be read and not written; null for all others.
 * @param parts the components of the path below the folder, none of them held apart itself
 */
export function keptApart(parts: readonly string[]): "hidden" | "kept" | null {
  const ends = (components: readonly string[]): boolean =>
    components.length <= parts.length &&
    components.every((component, at) =>
      isNamed(component, parts[parts.length - components.length + at] ?? ""),
    );
  if (secrets.some(ends) && !settings.some(ends)) return "hidden";
  return never.some(ends) || settings.some(ends) ? "kept" : null;
}

/** The same for whatever a pattern (absolute) could name, now or later. */
export function protectionOfPattern(world: World, pattern: string, access: Access): Protection | null {
  if (pattern.startsWith("/proc/")) return ofAnotherProgram;
  const names = patternMatcher(pattern);
  for (const [path, what] of world.protectedPlaces) if (names(path)) return { kind: "never", what };
  if (access !== "read" && [...systemFolders].some((path) => names(path) && !isWithin(world.home, path)))
    return ofTheSystem;
  // Names that are there are looked at one by one; of those that are not, only hidden ones have a meaning of their own.
  return protectionIn(pattern, access, (component, part, at) =>
    at > 0 || component.startsWith(".")
      ? componentMatches(part.toLowerCase(), component.replace(/\*$/, "").toLowerCase())
      : false,
  );
}

function protectionIn(
  path: string,
  access: Access,
  matches: (component: string, part: string, at: number) => boolean,
): Protection | null {
  const parts = path.split("/").filter((part) => part !== "");
  const has = (components: readonly string[]): boolean =>
    parts.some((_, start) =>
      components.every((component, at) => {
        const part = parts[start + at];
        return part !== undefined && matches(component, part, at);
      }),
    );
  if (never.some(has)) return ofVersionControl;
  return apart.some((components) => holdsFrom(components, access) && has(components)) ? ofTheProject : null;
}

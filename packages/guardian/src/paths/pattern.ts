import type { World } from "../world/world.ts";

/** One component of a path, or a pattern for one, in the shell's notation with `\` before what is meant literally. */
type Component = string;

/**
 * A component as an expression. A dot in front is only matched by a dot, as shells have it by default.
 * @returns null for what is no pattern that is understood
 */
function expressionOf(component: Component): RegExp | null {
  let source = "";
  for (let at = 0; at < component.length; at += 1) {
    const character = component[at] ?? "";
    if (character === "\\") source += literal(component[(at += 1)] ?? "\\");
    else if (character === "*") source += "[^]*";
    else if (character === "?") source += "[^]";
    else if (character === "[") {
      const end = component.indexOf("]", at + (/^\[[!^]?\]/.test(component.slice(at)) ? 3 : 2));
      const inner = end < 0 ? null : component.slice(at + 1, end);
      if (inner === null) source += "\\[";
      else {
        // Classes by name and collation depend on the language; such a set could be anything.
        if (inner.includes("[") || inner.includes("\\")) source += "[^]";
        else source += `[${inner.replace(/^!/, "^").replaceAll(/[\\\]]/g, String.raw`\$&`)}]`;
        at = end;
      }
    } else source += literal(character);
  }
  try {
    return new RegExp(`^${/^[*?[]/.test(component) ? String.raw`(?!\.)` : ""}${source}$`, "u");
  } catch {
    return null;
  }
}

function literal(character: string): string {
  return /[\\^$.*+?()[\]{}|/-]/.test(character) ? `\\${character}` : character;
}

function isPattern(component: Component): boolean {
  return /(?<!\\)(?:\\\\)*[*?[]/.test(component);
}

function plain(component: Component): string {
  return component.replaceAll(/\\([^])/g, "$1");
}

/** The part of a pattern before its first component that is not literal, without a slash at its end. */
export function literalFolder(pattern: string): string {
  const parts = pattern.split("/");
  const first = parts.findIndex(isPattern);
  const folder = parts
    .slice(0, first < 0 ? parts.length : first)
    .map(plain)
    .join("/");
  return folder === "" && pattern.startsWith("/") ? "/" : folder;
}

/** Tells of paths (absolute) whether a pattern (absolute) can name them, or something in them. */
export function patternMatcher(pattern: string): (path: string) => boolean {
  const wanted = pattern
    .split("/")
    .filter((part) => part !== "")
    .map((part) => (isPattern(part) ? expressionOf(part) : plain(part)));
  return (path) => {
    const given = path.split("/").filter((part) => part !== "");
    if (wanted.length < given.length) return false;
    return given.every((name, at) => {
      const component = wanted[at];
      if (typeof component === "string") return component === name;
      return component?.test(name) ?? true;
    });
  };
}

/** Whether a pattern for one component can name `name`. */
export function componentMatches(component: Component, name: string): boolean {
  return isPattern(component) ? (expressionOf(component)?.test(name) ?? true) : plain(component) === name;
}

/** More would say nothing to anybody, and take time. */
const mostMatches = 2000;

/**
 * The paths that a pattern names now.
 * @param pattern absolute
 * @returns null when that cannot be known
 */
export function expandPattern(world: World, pattern: string): readonly string[] | null {
  let found = [""];
  for (const part of pattern.split("/").filter((name) => name !== "")) {
    if (!isPattern(part)) {
      found = found.map((folder) => `${folder}/${plain(part)}`);
      continue;
    }
    const next: string[] = [];
    for (const folder of found) {
      const names = world.names(folder === "" ? "/" : folder);
      // Nothing can be in what is not there.
      if (names === null && world.entry(folder === "" ? "/" : folder) !== null) return null;
      for (const name of names ?? []) if (componentMatches(part, name)) next.push(`${folder}/${name}`);
    }
    if (next.length > mostMatches) return null;
    found = next;
  }
  return found.filter((path) => world.entry(path) !== null);
}

import { major, maxSatisfying, prerelease, Range, rsort, satisfies, validRange } from "semver";

/** The Nodes of this computer. */
export interface RuntimesAtHand {
  /** The version of SmartClaw's own. */
  readonly bundled: string;
  /** Versions that lie there besides. */
  readonly installed: readonly string[];
}

/**
 * The Node at hand for a release, as a pointer names it: SmartClaw's own before any other, which costs nothing and is
 * kept up to date with SmartClaw; then the newest that lies there.
 * @param range `engines.node` of the release
 * @returns null when the release runs on none of them
 */
export function chooseRuntime(range: string, { bundled, installed }: RuntimesAtHand): string | null {
  return satisfies(bundled, range) ? "bundled" : maxSatisfying([...installed], range);
}

/**
 * The newest of the published Nodes that a release runs on, of a line that is supported for long: a release of OpenClaw
 * stays for weeks. Of another line only when the range begins with it, so that its author knows it.
 * @returns null when there is none, or the range is none
 */
export function newestRuntime(range: string, published: readonly string[]): string | null {
  if (validRange(range) === null) return null;
  const named = linesNamedBy(range);
  const fit = published.filter((version) => prerelease(version) === null && satisfies(version, range));
  return rsort(fit).find((version) => isLongLine(major(version)) || named.has(major(version))) ?? null;
}

/**
 * Whether a line of Node gets support for years: each with an even number, and each from 27 on
 * (https://nodejs.org/en/blog/announcements/evolving-the-nodejs-release-schedule).
 */
function isLongLine(line: number): boolean {
  return line % 2 === 0 || line >= 27;
}

/** The lines that a part of the range begins with: 24 and 26 of `>=24.16.0 <25 || >=26.1.0`. */
function linesNamedBy(range: string): Set<number> {
  const begins = new Range(range).set.flat().filter(({ operator }) => !operator.startsWith("<"));
  return new Set(begins.map(({ semver }) => semver.major));
}

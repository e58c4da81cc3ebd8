import { compare } from "semver";

/**
 * Which of two releases of OpenClaw is the newer: negative when it is `other`, as in a sort. By semver, except for
 * corrections: 2026.7.1-2 came after 2026.7.1, where semver takes it for a forerunner. OpenClaw's own order is
 * forerunners (`-beta.1`), the release, corrections (https://github.com/openclaw/openclaw/issues/53410).
 */
export function compareReleases(one: string, other: string): number {
  const [ours, theirs] = [split(one), split(other)];
  return (
    compare(ours.base, theirs.base) ||
    ours.correction - theirs.correction ||
    compare(ours.semver, theirs.semver)
  );
}

interface Parts {
  readonly base: string;
  /** 0 for what is no correction. */
  readonly correction: number;
  readonly semver: string;
}

/** @throws TypeError for what is no version */
function split(version: string): Parts {
  const [, base, correction] = /^(\d+\.\d+\.\d+)-(\d+)$/.exec(version) ?? [];
  if (base !== undefined && correction !== undefined)
    return { base, correction: Number(correction), semver: base };
  return { base: version.split("-")[0] ?? version, correction: 0, semver: version };
}

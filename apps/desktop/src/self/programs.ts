import { existsSync } from "node:fs";
import { join } from "node:path";

/** Beside a release's files when all of them are there. */
export const releaseMark = "release.json";

/** The folder of a release of SmartClaw; a whole one has `releaseMark`. */
export function releaseFolder(releases: string, version: string): string {
  return join(releases, "versions", "smartclaw", version);
}

export function isReleaseThere(releases: string, version: string): boolean {
  const folder = releaseFolder(releases, version);
  return existsSync(join(folder, releaseMark)) && existsSync(programOf(releases, version, "daemon"));
}

/** A program of a release, as `scripts/make-release.ts` lays it out. */
export function programOf(releases: string, version: string, name: "daemon" | "cli"): string {
  return join(releaseFolder(releases, version), "apps", "desktop", "dist", `${name}.js`);
}

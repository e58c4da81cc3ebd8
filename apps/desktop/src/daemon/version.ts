import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The version of the SmartClaw to which a program belongs: a file beside it says so, that a release is made with. */
export function versionOf(program: string): string {
  const { version } = JSON.parse(readFileSync(join(dirname(program), "version.json"), "utf8")) as {
    version: string;
  };
  return version;
}

/** SmartClaw's own version. A test compares it with package.json. */
export const version = versionOf(fileURLToPath(import.meta.url));

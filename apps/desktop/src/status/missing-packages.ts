import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { SystemStatus } from "@smartclaw/contracts";

const wanted = [
  {
    name: "bubblewrap",
    program: "bwrap",
    withoutIt: "commands of the assistant have no sandbox and stay off",
  },
  {
    name: "gnome-keyring",
    program: "gnome-keyring-daemon",
    withoutIt: "there may be no keystore, and a passphrase or key file is needed instead",
  },
] as const;

/** System packages that are not there. Linux only; elsewhere nothing is needed. */
export function missingPackages(path: string, platform: string): SystemStatus["missing"] {
  if (platform !== "linux") return [];
  const folders = path.split(delimiter);
  return wanted
    .filter(({ program }) => !folders.some((folder) => existsSync(join(folder, program))))
    .map(({ name, withoutIt }) => ({ name, withoutIt, command: `sudo apt-get install ${name}` }));
}

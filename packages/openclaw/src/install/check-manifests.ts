import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SmartClawError } from "@smartclaw/contracts";
import { z } from "zod";
import { type Lock, packagesOf } from "./lock.ts";

const dependencies = z.record(z.string(), z.string()).default({});
const manifest = z.looseObject({
  name: z.string(),
  version: z.string(),
  dependencies,
  optionalDependencies: dependencies,
  peerDependencies: dependencies,
  scripts: z.record(z.string(), z.unknown()).default({}),
});
const installScripts = ["preinstall", "install", "postinstall"];

/**
 * Compares every unpacked package's own words with what the list was made from. A registry's signature covers the
 * tarball, not what the registry says is inside ("manifest confusion"): with a dependency that the author never named,
 * another, rightly signed package could come in. Packages that are not there are for other machines.
 * @throws SmartClawError INSTALL_INTEGRITY
 */
export function checkManifests(root: string, lock: Lock): void {
  for (const { path, name, version, entry } of packagesOf(lock)) {
    const text = readIfThere(join(root, path, "package.json"));
    if (text === null) continue;
    const listed = manifest.safeParse({ ...entry, name, version }).data;
    const shipped = manifest.safeParse(JSON.parse(text)).data;
    if (
      listed !== undefined &&
      shipped !== undefined &&
      essence(listed) === essence(shipped) &&
      (entry.hasInstallScript === true ||
        installScripts.every((script) => !Object.hasOwn(shipped.scripts, script)))
    )
      continue;
    throw new SmartClawError(
      "INSTALL_INTEGRITY",
      `${name} ${version} is not what the npm registry says of it, so it was not used.`,
      "Try another network; someone may be changing what you download.",
    );
  }
}

/** In one form, whichever order and whatever else: npm lists optional ones a second time when it publishes. */
function essence(said: z.infer<typeof manifest>): string {
  const { name, version, optionalDependencies: optional, peerDependencies: peer } = said;
  const needed = Object.entries(said.dependencies).filter(([one]) => !Object.hasOwn(optional, one));
  const sorted = [needed, Object.entries(optional), Object.entries(peer)].map((list) =>
    list.map(([one, range]) => `${one}@${range}`).toSorted(),
  );
  return JSON.stringify([name, version, sorted]);
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

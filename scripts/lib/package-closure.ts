import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Stop } from "./process.mjs";

type Names = Readonly<Record<string, string>> | undefined;

/**
 * The folders of the packages `names` and of all that they need, as Node finds them from `from`:
 * https://nodejs.org/api/modules.html#loading-from-node_modules-folders. What is optional and not installed is left out.
 * @param top the folder above which nothing is looked for
 */
export function packageClosure(names: readonly string[], from: string, top: string): ReadonlySet<string> {
  const folders = new Set<string>();
  const visit = (name: string, from: string, needed: boolean): void => {
    const folder = findPackage(name, from, top);
    if (folder === null && needed) throw new Stop(`The package ${name} is not installed.`);
    if (folder === null || folders.has(folder)) return;
    folders.add(folder);
    const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const { dependencies, optionalDependencies, peerDependencies }: Record<string, Names> = manifest;
    // npm lists optional dependencies among the needed ones too.
    for (const one of Object.keys({ ...dependencies, ...optionalDependencies }))
      visit(one, folder, optionalDependencies?.[one] === undefined);
    for (const one of Object.keys(peerDependencies ?? {})) visit(one, folder, false);
  };
  for (const name of names) visit(name, from, true);
  return folders;
}

function findPackage(name: string, from: string, top: string): string | null {
  const folder = join(from, "node_modules", name);
  if (existsSync(join(folder, "package.json"))) return folder;
  return from === top ? null : findPackage(name, dirname(from), top);
}

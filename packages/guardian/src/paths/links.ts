import type { World } from "../world/world.ts";

/** In a larger tree nobody looks for every link. */
const mostEntries = 5000;

/** Whether there is a link anywhere below a folder (absolute, without links), or may be. */
export function hasLinks(world: World, folder: string): boolean {
  const open = [folder];
  for (let looked = 0; open.length > 0; looked += 1) {
    const path = open.pop() ?? folder;
    const entry = world.entry(path);
    if (entry?.kind === "link" || looked > mostEntries) return true;
    if (entry?.kind !== "folder") continue;
    const names = world.names(path);
    if (names === null) return true;
    open.push(...names.map((name) => `${path === "/" ? "" : path}/${name}`));
  }
  return false;
}

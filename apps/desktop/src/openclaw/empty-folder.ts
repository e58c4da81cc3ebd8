import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

/** Removes everything in `folder`, and of links only the link. @throws as node:fs */
export function emptyFolder(folder: string): void {
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true, force: true });
}

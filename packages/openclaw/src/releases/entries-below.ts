import { type Dirent, readdirSync } from "node:fs";
import { join } from "node:path";

/**
 * Everything below a folder, each folder before what is in it. A link is told and not followed, whereas `recursive` of
 * Node's `readdir` goes through links to folders, out of the tree and in circles.
 */
export function* entriesBelow(root: string): Generator<Dirent> {
  for (const entry of readdirSync(root, { withFileTypes: true })) {
    yield entry;
    if (entry.isDirectory()) yield* entriesBelow(join(root, entry.name));
  }
}

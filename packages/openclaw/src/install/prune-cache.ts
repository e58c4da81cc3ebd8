import { existsSync, readFileSync } from "node:fs";
import cacache from "cacache";
import { packagesOf, parseLock } from "./lock.ts";

/**
 * Leaves in npm's cache the tarballs that these lists of packages name: a release that has lost a file is laid out from
 * them without the network, and most of the next release's are among them. With others goes what was cut off while it
 * was fetched, and what is damaged. Never rejects.
 */
export async function keepTarballsOf(cache: string, lists: readonly string[]): Promise<void> {
  try {
    const read = (list: string) => packagesOf(parseLock(readFileSync(list, "utf8")));
    const wanted = new Set(
      lists
        .filter((list) => existsSync(list))
        .flatMap(read)
        .map((one) => one.integrity),
    );
    const superfluous = Object.values(await cacache.ls(cache)).filter(
      ({ integrity }) => !wanted.has(integrity),
    );
    for (const { key } of superfluous) await cacache.rm.entry(cache, key);
    // Looks at every byte, which takes seconds.
    if (superfluous.length > 0) await cacache.verify(cache);
  } catch {
    // A cache that stays too large until the next time is no reason to fail.
  }
}

import { type ImportStep, type SecretStore, SmartClawError } from "@smartclaw/contracts";
import { type FoundKey } from "./found-key.ts";
import { scanForKeys } from "./scan.ts";
import { scrubBackups, scrubSource } from "./scrub.ts";

/** Finds keys in the clear and moves them into the vault. */
export interface Importer {
  /** Looks only. */
  scan(): FoundKey[];
  /**
   * Removes a key from where it was found and from that file's backups. The caller has put it into the vault under
   * `storedAs`; that is checked first, and nothing is removed when it is not there.
   */
  scrub(found: FoundKey, storedAs: string): ImportStep[];
}

export function createImporter(deps: {
  home: string;
  environment: Readonly<Record<string, string | undefined>>;
  store: Pick<SecretStore, "get">;
}): Importer {
  return {
    scan: () => scanForKeys(deps),
    scrub(found, storedAs) {
      const kept = deps.store.get(storedAs);
      if (kept === null || kept.revealText() !== found.secret.revealText())
        throw new SmartClawError(
          "INTERNAL",
          "The key is not in the vault, so it was left where it is.",
          "Import again.",
        );
      const source = { path: found.where, field: found.field, storedAs, ...scrubSource(found) };
      return [source, ...scrubBackups(found)];
    },
  };
}

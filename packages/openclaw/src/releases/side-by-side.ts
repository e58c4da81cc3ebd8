import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lockFolder, removeReadOnly, unlockFolder } from "./read-only.ts";
import { syncFolder } from "./sync-folder.ts";

/** Versions of one component, each in a folder of its own that is complete, or is not there. */
export interface SideBySide {
  /** A new empty folder on the same file system, to build a version in. */
  staging(version: string): string;
  /**
   * Makes a complete staging folder, which is read-only inside, that version, in place of a damaged one. Each step is
   * atomic; after a crash between the two there is none of that version.
   * @param info goes into `release.json`, whose presence is what makes a folder a version
   */
  publish(staging: string, version: string, info: object): void;
  /** Removes a version; nothing may use it. */
  remove(version: string): Promise<void>;
  /** Removes what interrupted installations, removals and replaced versions left. */
  sweep(): Promise<void>;
}

export function createSideBySide(deps: {
  /** Where the versions lie. */
  readonly home: string;
  /** Whatever is in it is garbage when nobody installs. */
  readonly stagingHome: string;
  readonly platform: NodeJS.Platform;
}): SideBySide {
  const { home, stagingHome, platform } = deps;
  const makeStagingHome = (): void => void mkdirSync(stagingHome, { recursive: true, mode: 0o700 });

  return {
    staging(version) {
      makeStagingHome();
      const path = join(stagingHome, `${version}-${process.pid}-${Date.now().toString(36)}`);
      mkdirSync(path, { mode: 0o700 });
      return path;
    },
    publish(staging, version, info) {
      const text = `${JSON.stringify(info, null, 2)}\n`;
      writeFileSync(join(staging, "release.json"), text, { flush: true, mode: 0o444 });
      mkdirSync(home, { recursive: true, mode: 0o700 });
      const target = join(home, version);
      const aside = `${staging}.replaced`;
      // What is locked cannot be moved to another folder.
      unlockFolder(target, platform);
      if (existsSync(target)) renameSync(target, aside);
      try {
        renameSync(staging, target);
      } catch (error) {
        if (existsSync(aside)) renameSync(aside, target);
        throw error;
      }
      lockFolder(target, platform);
      syncFolder(home);
    },
    async remove(version) {
      const place = join(home, version);
      if (!existsSync(place)) return;
      const aside = join(stagingHome, `${version}.removed`);
      makeStagingHome();
      await removeReadOnly(aside, platform);
      // First out of the way in one step: half a version is none.
      unlockFolder(place, platform);
      renameSync(place, aside);
      await removeReadOnly(aside, platform);
    },
    sweep: () => removeReadOnly(stagingHome, platform),
  };
}

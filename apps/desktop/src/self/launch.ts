import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { takeInstanceLock } from "../daemon/instance-lock.ts";
import type { Paths } from "../daemon/paths.ts";
import { chooseProgram } from "./choose-core.ts";
import { pointerText, readPointer } from "./pointer.ts";
import { isReleaseThere, programOf } from "./programs.ts";

const installedKey = "installed";

/**
 * The program that the user installed, as a release's program is told by the one that chose it; null for a program that
 * nobody chose, which is then the installed one itself.
 * @param url `import.meta.url` of the program
 */
export function installedProgram(url: string): string | null {
  return new URL(url).searchParams.get(installedKey);
}

/**
 * Decides which release's daemon this start is, counts it, and brings the user's data into the form that it reads.
 * @param own `import.meta.url` of the installed program
 * @returns what is to be imported in its place; null when it is the one, or when a daemon runs already
 */
export async function launchDaemon(paths: Paths, own: string): Promise<string | null> {
  const isThere = (version: string): boolean => isReleaseThere(paths.releases, version);
  const pointer = readPointer(paths.selfPointer);
  if (pointer.live === null && pointer.restore === null) return null;
  // Whoever holds the lock is the daemon, and this start will find that out for itself.
  const unlock = takeInstanceLock(paths.lock);
  if (unlock === null) return null;
  try {
    const choice = chooseProgram(readPointer(paths.selfPointer), isThere);
    const write = async (next: typeof pointer): Promise<void> =>
      (await import("@smartclaw/vault")).replaceFile(paths.selfPointer, pointerText(next), { mode: 0o600 });
    if (choice.pointer !== null) await write(choice.pointer);
    if (choice.take !== null || choice.restore !== null) {
      const { restoreChangedForms, takeSnapshot } = await import("./own-data.ts");
      if (choice.restore !== null) {
        restoreChangedForms(paths, join(paths.selfSnapshots, choice.restore));
        await write({ ...(choice.pointer ?? pointer), restore: null });
      }
      if (choice.take !== null) takeSnapshot(paths, join(paths.selfSnapshots, choice.take));
    }
    return addressOf(paths, choice.version, "daemon", own);
  } finally {
    unlock();
  }
}

/** The command line that belongs to the live release, to be imported; null when `own` is the one. */
export function launchCommandLine(paths: Paths, own: string): string | null {
  const { live } = readPointer(paths.selfPointer);
  return live !== null && isReleaseThere(paths.releases, live) ? addressOf(paths, live, "cli", own) : null;
}

/** The address under which a release's program is imported, so that it knows that it was chosen, and by whom. */
export function launchedAs(program: URL, installed: string): string {
  const address = new URL(program);
  address.searchParams.set(installedKey, installed);
  return address.href;
}

function addressOf(paths: Paths, version: string | null, name: "daemon" | "cli", own: string): string | null {
  if (version === null) return null;
  const program = pathToFileURL(programOf(paths.releases, version, name));
  return launchedAs(program, fileURLToPath(new URL("./daemon.js", own)));
}

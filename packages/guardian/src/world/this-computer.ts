import { constants, accessSync, lstatSync, readdirSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { posix } from "node:path";
import { protectedPlaces } from "../paths/protected-places.ts";
import type { Entry, World } from "./world.ts";

/** Where systems keep programs that only their administrator changes, in the order in which they are looked for. */
const usualFolders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/** The computer on which Guardian runs, as it is now. */
export function thisComputer(own: {
  readonly folders: readonly string[];
  readonly controlPorts: readonly number[];
}): World {
  const home = real(homedir()) ?? homedir();
  return {
    home,
    user: userInfo().username,
    entry,
    names(folder) {
      try {
        return readdirSync(folder);
      } catch {
        return null;
      }
    },
    programFolders: [...new Set(usualFolders.flatMap((folder) => real(folder) ?? []))].filter(isOfTheSystem),
    isProgram(path) {
      try {
        accessSync(path, constants.X_OK);
        return statSync(path).isFile() && isOfTheSystem(posix.dirname(path));
      } catch {
        return false;
      }
    },
    protectedPlaces: protectedPlaces(home, own.folders, real),
    controlPorts: new Set(own.controlPorts),
  };
}

function real(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}

function entry(path: string): Entry | null {
  try {
    const found = lstatSync(path);
    if (found.isSymbolicLink()) return { kind: "link", target: readlinkSync(path) };
    if (found.isDirectory()) return { kind: "folder" };
    return found.isFile() ? { kind: "file", links: found.nlink } : { kind: "special" };
  } catch {
    return null;
  }
}

/** Nobody but the administrator can put another program there. */
function isOfTheSystem(folder: string): boolean {
  try {
    const { uid, mode } = statSync(folder);
    return uid === 0 && (mode & 0o022) === 0;
  } catch {
    return false;
  }
}

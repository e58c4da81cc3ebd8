import { lstatSync, readdirSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { SmartClawError } from "@smartclaw/contracts";
import { keptApart } from "../paths/protected.ts";

/** Something below a folder that is not the assistant's, whatever it may do there. */
export interface HeldApart {
  readonly path: string;
  readonly kind: "file" | "folder" | "link" | "special";
  /** `hidden`: not even seen; `kept`: read, and not written. */
  readonly how: "hidden" | "kept";
  /** Of another file at the same path it is another one. */
  readonly mark: string;
}

/** Finds what is held apart below folders. */
export interface HeldApartFinder {
  /**
   * @param root absolute, without links; need not exist
   * @throws SmartClawError BAD_REQUEST when there are more folders below it than can be looked through
   */
  below(root: string): Promise<readonly HeldApart[]>;
}

interface Listing {
  /** Inode, device and the time of the last change of the folder's entries, which no program can set. */
  readonly stamp: string;
  readonly folders: readonly string[];
  readonly held: readonly HeldApart[];
}

const nothing: Listing = { stamp: "", folders: [], held: [] };
const mostFolders = 100_000;
/** Between two looks at whether somebody else wants the thread. */
const foldersAtOnce = 500;

/**
 * Looks through whole trees, and remembers each folder's entries for as long as its change time (`st_ctime`) says that
 * they are the same: a second look costs one `lstat` a folder.
 */
export function createHeldApartFinder(most = mostFolders): HeldApartFinder {
  const known = new Map<string, Listing>();
  return {
    async below(root) {
      const found: HeldApart[] = [];
      const left = [root];
      for (let seen = 0; ; seen += 1) {
        const folder = left.pop();
        if (folder === undefined) return found;
        if (seen === most)
          throw new SmartClawError(
            "BAD_REQUEST",
            `There are more than ${most} folders in ${root}, too many to look through before each command.`,
            "Grant a smaller folder.",
          );
        if (seen % foldersAtOnce === foldersAtOnce - 1) await setImmediate();
        const listing = list(folder, known);
        found.push(...listing.held);
        left.push(...listing.folders);
      }
    },
  };
}

function list(folder: string, known: Map<string, Listing>): Listing {
  try {
    const stat = lstatSync(folder, { bigint: true });
    if (!stat.isDirectory()) return nothing;
    const stamp = `${stat.dev} ${stat.ino} ${stat.ctimeNs}`;
    const before = known.get(folder);
    if (before?.stamp === stamp) return before;
    const listing = read(folder, stamp);
    // What changed within the clock's last tick may change again without a new time.
    if (Date.now() * 1e6 - Number(stat.ctimeNs) > 50e6) known.set(folder, listing);
    else known.delete(folder);
    return listing;
  } catch (error) {
    known.delete(folder);
    // A command of the same user may let itself into a folder that nobody can look through now.
    const isShut = ["EACCES", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "");
    return isShut
      ? { ...nothing, held: [{ path: folder, kind: "folder", how: "hidden", mark: "" }] }
      : nothing;
  }
}

function read(folder: string, stamp: string): Listing {
  const folders: string[] = [];
  const held: HeldApart[] = [];
  const above = folder.split("/").filter((part) => part !== "");
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = `${folder === "/" ? "" : folder}/${entry.name}`;
    const how = keptApart([...above, entry.name]);
    const isFolder = entry.isDirectory();
    const kind = isFolder ? "folder" : entry.isSymbolicLink() ? "link" : entry.isFile() ? "file" : "special";
    if (how !== null) held.push({ path, kind, how, mark: markOf(path) });
    // Version control keeps much; what of it is held apart by itself lies at its top.
    const inside = entry.name === ".git" || above.at(-1) === ".git" ? entry.name !== "objects" : how === null;
    if (isFolder && inside) folders.push(path);
  }
  return { stamp, folders, held };
}

function markOf(path: string): string {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  // A new file may get the inode of one that was removed.
  return stat === undefined ? "" : `${stat.dev} ${stat.ino} ${stat.birthtimeNs}`;
}

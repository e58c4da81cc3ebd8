import {
  cpSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { cp, open, readdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { backup, DatabaseSync } from "node:sqlite";
import { SmartClawError } from "@smartclaw/contracts";
import { entriesBelow } from "./entries-below.ts";
import { dropLeases, relocate } from "./relocate.ts";
import { syncFolder } from "./sync-folder.ts";

/**
 * OpenClaw's states, one for each release that wrote it, in `<home>/<id>`. OpenClaw always sees the path `link`: it
 * writes that path into its databases, and would not find its jobs again under another.
 */
export interface States {
  /** Lets `link` lead to the state `id`, which is made, empty, when there is none. Idempotent. */
  use(id: string): void;
  /**
   * Makes the state `to` from `base`, on which nothing may work meanwhile; whole and durable, or not at all. Paths into
   * `base` lead into `to` then.
   */
  copy(base: string, to: string): Promise<void>;
  /**
   * A copy of the state `base` in the new folder `target`, made while OpenClaw works on it. Paths in its databases lead
   * into the copy, and nobody holds a lease on it: whoever starts on it does not get at the original.
   */
  copyRunning(base: string, target: string): Promise<void>;
  /** Names of all, of unfinished copies (`.part`) too. */
  list(): readonly string[];
  folder(id: string): string;
  /** Removes a state. Never the one that `link` leads to. */
  remove(id: string): Promise<void>;
}

export function createStates(deps: {
  readonly home: string;
  readonly link: string;
  readonly platform: NodeJS.Platform;
}): States {
  const { home, link } = deps;
  const folder = (id: string): string => join(home, id);

  /** OpenClaw also writes down where its state really is, with the link to it and every other on the way resolved. */
  const homes = (): string[] => [...new Set([home, realpathSync(home)])];

  const used = (): string | null => {
    try {
      return resolve(link, "..", readlinkSync(link));
    } catch {
      return null;
    }
  };

  return {
    use(id) {
      mkdirSync(home, { recursive: true, mode: 0o700 });
      if (isFolder(link)) takeIn(link, folder(id));
      if (!existsSync(folder(id))) mkdirSync(folder(id), { mode: 0o700 });
      if (used() === folder(id)) return;
      if (deps.platform === "win32") {
        // A junction cannot be replaced in one step; after a crash in between it is made anew at the next start.
        rmSync(link, { force: true });
        symlinkSync(folder(id), link, "junction");
        return;
      }
      rmSync(`${link}.next`, { force: true });
      symlinkSync(folder(id), `${link}.next`, "dir");
      renameSync(`${link}.next`, link);
      syncFolder(join(link, ".."));
    },
    async copy(base, to) {
      if (existsSync(folder(to))) return;
      const unfinished = `${folder(to)}.part`;
      await rm(unfinished, { recursive: true, force: true });
      try {
        // A link from one place of the state to another must not lead from the copy into the original.
        const links = { verbatimSymlinks: true };
        await cp(folder(base), unfinished, { recursive: true, ...links, mode: constants.COPYFILE_FICLONE });
        for (const one of homes()) relocateAll(unfinished, join(one, base), join(one, to));
        await syncTree(unfinished, deps.platform);
      } catch (error) {
        await rm(unfinished, { recursive: true, force: true });
        throw fullDisk(error);
      }
      renameSync(unfinished, folder(to));
      syncFolder(home);
    },
    async copyRunning(base, target) {
      try {
        await copyRunning(folder(base), target, [link, ...homes().map((one) => join(one, base))], target);
      } catch (error) {
        throw fullDisk(error);
      }
    },
    folder,
    list: () => (existsSync(home) ? readdirSync(home) : []),
    async remove(id) {
      if (used() !== folder(id)) await rm(folder(id), { recursive: true, force: true });
    },
  };
}

function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Before there were updates the state lay where the link is now. */
function takeIn(place: string, folder: string): void {
  if (existsSync(folder)) {
    // Nothing but an empty folder can be there besides a state that is taken in already.
    cpSync(place, folder, { recursive: true, force: false });
    rmSync(place, { recursive: true });
  } else renameSync(place, folder);
}

/** https://sqlite.org/rescode.html; the lower byte of an extended code: read-only, corrupt, not a database. */
const notOurs: ReadonlySet<number> = new Set([8, 11, 26]);

/** In every database below `root`; what is none, or may not be written to, stays as it is. */
function relocateAll(root: string, from: string, to: string): void {
  for (const { parentPath, name } of entriesBelow(root).filter((entry) => entry.isFile())) {
    if (!name.endsWith(".sqlite")) continue;
    const database = new DatabaseSync(join(parentPath, name), { enableForeignKeyConstraints: false });
    try {
      relocate(database, from, to);
    } catch (error) {
      if (!notOurs.has(((error as { errcode?: number }).errcode ?? 0) & 0xff)) throw error;
    } finally {
      database.close();
    }
  }
}

async function syncTree(folder: string, platform: NodeJS.Platform): Promise<void> {
  // Only Windows wants the right to write for it, and a state can have files that nobody may write to.
  const flags = platform === "win32" ? "r+" : "r";
  for (const entry of entriesBelow(folder)) {
    if (!entry.isFile()) continue;
    const file = await open(join(entry.parentPath, entry.name), flags);
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  }
}

/** Temporary files and locks of the process that runs, and what belongs to a database that is copied by its own means. */
const passedOver = /^tmp$|\.lock(\.|$)|\.sqlite-(wal|shm|journal)$/;

/** SQLite's own online backup for its files, whose pages change under a plain copy. */
async function copyRunning(from: string, to: string, places: readonly string[], root: string): Promise<void> {
  mkdirSync(to, { recursive: true, mode: 0o700 });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (passedOver.test(entry.name)) continue;
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await copyRunning(source, target, places, root);
    else if (entry.isFile() && entry.name.endsWith(".sqlite")) {
      await backUp(source, target);
      makeOwn(root, target, places);
    } else if (entry.isFile()) await cp(source, target);
  }
}

async function backUp(source: string, target: string): Promise<void> {
  const database = new DatabaseSync(source, { readOnly: true });
  try {
    await backup(database, target);
  } finally {
    database.close();
  }
}

/** @param places how the original is named in the copy */
function makeOwn(root: string, file: string, places: readonly string[]): void {
  const database = new DatabaseSync(file, { enableForeignKeyConstraints: false });
  try {
    dropLeases(database);
    for (const place of places) relocate(database, place, root);
  } finally {
    database.close();
  }
}

function fullDisk(error: unknown): unknown {
  const full = ["ENOSPC", "EDQUOT"].includes((error as NodeJS.ErrnoException).code ?? "");
  const sqliteFull = [10, 13].includes(((error as { errcode?: number }).errcode ?? 0) & 0xff);
  if (!full && !sqliteFull) return error;
  return new SmartClawError(
    "DISK_FULL",
    "The disk is full, so OpenClaw's state could not be copied.",
    "Free some space; it is tried again by itself.",
    { cause: error },
  );
}

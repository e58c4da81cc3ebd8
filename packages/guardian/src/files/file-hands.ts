import { randomUUID } from "node:crypto";
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmdirSync,
  rmSync,
  type Stats,
  unlinkSync,
  writeSync,
} from "node:fs";

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

/** Why a file operation was not done; in words of `errno(3)` where the kernel said so. */
export class FileRefusal extends Error {
  override readonly name = "FileRefusal";
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * A folder held open. Names in it are reached through the descriptor (`/proc/self/fd`), as `openat(2)` does, so that
 * nobody can put another folder in its place meanwhile.
 */
export function openFolder(path: string, make: boolean): number {
  const parts = path.split("/").filter((one) => one !== "");
  if (!path.startsWith("/") || parts.includes(".") || parts.includes("..")) throw notOfAFile();
  let held = openSync("/", O_RDONLY | O_DIRECTORY);
  for (const part of parts) {
    const next = `/proc/self/fd/${held}/${part}`;
    try {
      held = swap(held, openNext(next, make));
    } catch (error) {
      closeSync(held);
      throw error;
    }
  }
  return held;
}

function openNext(path: string, make: boolean): number {
  const flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
  try {
    return openSync(path, flags);
  } catch (error) {
    if (!make || (error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    mkdirSync(path);
    return openSync(path, flags);
  }
}

function notOfAFile(): FileRefusal {
  return new FileRefusal("EINVAL", "The path is not one of a file.");
}

function swap(before: number, next: number): number {
  closeSync(before);
  return next;
}

function inFolder<T>(path: string, make: boolean, work: (entry: string, folder: string) => T): T {
  const end = path.lastIndexOf("/");
  const name = path.slice(end + 1);
  if (end < 0 || name === "" || name === "." || name === "..") throw notOfAFile();
  const held = openFolder(path.slice(0, end), make);
  try {
    return work(`/proc/self/fd/${held}/${name}`, `/proc/self/fd/${held}`);
  } finally {
    closeSync(held);
  }
}

export interface FileFacts {
  readonly type: "file" | "directory" | "other";
  /** In bytes. */
  readonly size: number;
  readonly modifiedMs: number;
}

/**
 * File operations on paths that were resolved before (absolute, without links): a link anywhere on the way, put there
 * since, makes them fail and never leads them elsewhere. Linux only, by `/proc`.
 */
export const fileHands = {
  /** @throws FileRefusal, ErrnoException */
  read(path: string, mostBytes: number): Uint8Array {
    return inFolder(path, false, (entry) => {
      const file = openSync(entry, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
      try {
        const stat = fstatSync(file);
        if (!stat.isFile()) throw new FileRefusal("EISDIR", "It is no ordinary file.");
        if (stat.size > mostBytes) throw new FileRefusal("EFBIG", `It is larger than ${mostBytes} bytes.`);
        return readAll(file, mostBytes);
      } finally {
        closeSync(file);
      }
    });
  },

  /**
   * Replaces a file as a whole, or makes it.
   * @param how `exclusive`: only where nothing is yet
   * @returns whether it was written; false when `exclusive` and something is there
   */
  write(path: string, data: Uint8Array, how: { make: boolean; exclusive: boolean }): boolean {
    return inFolder(path, how.make, (entry, folder) => {
      const before = look(entry);
      if (before !== null && how.exclusive) return false;
      if (before !== null && !before.isFile()) throw new FileRefusal("EEXIST", "It is no ordinary file.");
      const part = how.exclusive ? entry : `${folder}/.${randomUUID()}.part`;
      const file = openSync(part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, before === null ? 0o666 : 0o600);
      try {
        writeAll(file, data, before);
        if (!how.exclusive) renameSync(part, entry);
      } catch (error) {
        rmSync(part, { force: true });
        throw error;
      }
      return true;
    });
  },

  makeFolder(path: string): void {
    closeSync(openFolder(path, true));
  },

  /** A file, a link itself, or an empty folder. @returns whether something was there */
  remove(path: string): boolean {
    return inFolder(path, false, (entry) => {
      const found = look(entry);
      if (found === null) return false;
      if (found.isDirectory()) rmdirSync(entry);
      else unlinkSync(entry);
      return true;
    });
  },

  /** Null when nothing is there. */
  stat(path: string): FileFacts | null {
    try {
      if (path === "/") return { type: "directory", size: 0, modifiedMs: 0 };
      return inFolder(path, false, (entry) => {
        const found = look(entry);
        if (found === null) return null;
        const type = found.isFile() ? "file" : found.isDirectory() ? "directory" : "other";
        return { type, size: found.size, modifiedMs: found.mtimeMs };
      });
    } catch (error) {
      if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return null;
      throw error;
    }
  },

  list(path: string): readonly { readonly name: string; readonly isFolder: boolean }[] {
    const held = openFolder(path, false);
    try {
      return readdirSync(`/proc/self/fd/${held}`, { withFileTypes: true }).map((entry) => ({
        name: entry.name,
        isFolder: entry.isDirectory(),
      }));
    } finally {
      closeSync(held);
    }
  },
};

function look(entry: string): Stats | null {
  return lstatSync(entry, { throwIfNoEntry: false }) ?? null;
}

/** The file may grow meanwhile. */
function readAll(file: number, mostBytes: number): Uint8Array {
  const chunks: Uint8Array[] = [];
  for (let length = 0; ;) {
    const chunk = new Uint8Array(65_536);
    const count = readSync(file, chunk);
    if (count === 0) return Buffer.concat(chunks);
    length += count;
    if (length > mostBytes) throw new FileRefusal("EFBIG", `It is larger than ${mostBytes} bytes.`);
    chunks.push(chunk.subarray(0, count));
  }
}

/** @param like whose permissions it gets */
function writeAll(file: number, data: Uint8Array, like: Stats | null): void {
  try {
    if (like !== null) fchmodSync(file, like.mode & 0o777);
    for (let at = 0; at < data.length;) at += writeSync(file, data, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

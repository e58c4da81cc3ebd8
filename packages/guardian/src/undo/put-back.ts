import { createHash } from "node:crypto";
import {
  type BigIntStats,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  futimesSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
} from "node:fs";
import { SmartClawError } from "@smartclaw/contracts";
import { chunkBytes, contentPath, fewFiles, writeAll } from "./copy.ts";
import { entriesOf, type HeldFolder, holdIn, holdParent, kindOf, lookAt } from "./held-folder.ts";
import type { Kept, KeptFile, KeptFolder } from "./kept.ts";
import { notOurs } from "./sealed-file.ts";
import type { Steps } from "./steps.ts";

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

/** Checks the copies of files. @throws SmartClawError STORAGE_CORRUPT when one is not what was copied */
export function* checkCopies(files: Iterable<KeptFile>, copies: string): Steps<void> {
  for (const { content, size, sha256 } of files) {
    const file = openCopy(copies, content);
    try {
      const hash = createHash("sha256");
      if (
        (yield* readThrough(file, size, (part) => hash.update(part))) !== size ||
        hash.digest("hex") !== sha256
      )
        throw notOurs(null);
    } finally {
      closeSync(file);
    }
  }
}

/**
 * Makes what is at a path (absolute, without links) what it was. What is so already is not touched; every other file
 * is made beside its place and renamed into it, so that there is the old or the new one at any time. Follows no link.
 * Cut short, it can be called again.
 * @param kept null for nothing
 * @param copies the folder of the copies
 * @param tag the beginning of names that nobody else uses
 */
export function* putBack(path: string, kept: Kept | null, copies: string, tag: string): Steps<void> {
  let parts = 0;
  let synced = 0;

  function* settle(folder: HeldFolder, name: string, wanted: Kept | null): Steps<void> {
    yield;
    const now = lookAt(folder, name);
    if (now !== null && kindOf(now) === "special") {
      // No copy could be kept of it.
      if (wanted === null) return;
      throw inTheWay();
    }
    if (wanted === null) {
      if (now !== null) yield* takeAway(folder, name, now);
      return;
    }
    if (wanted.kind === "folder" && now?.isDirectory() === true)
      return yield* settleFolder(folder, name, wanted);
    if (now !== null && (yield* isSo(folder, name, now, wanted))) return;
    const part = nextPart();
    yield* build(folder, part, wanted);
    if (now === null || (wanted.kind !== "folder" && !now.isDirectory()))
      renameSync(folder.at(part), folder.at(name));
    else {
      // A file takes the place of a folder, or the other way round: no single rename does that.
      const away = nextPart();
      renameSync(folder.at(name), folder.at(away));
      renameSync(folder.at(part), folder.at(name));
      yield* takeAway(folder, away, now);
    }
  }

  function* settleFolder(folder: HeldFolder, name: string, wanted: KeptFolder): Steps<void> {
    const inner = holdIn(folder, name);
    try {
      makeUsable(inner);
      yield* clean(inner);
      const names = new Set(wanted.entries.map(([one]) => one));
      for (const [one] of entriesOf(inner)) if (!names.has(one)) yield* settle(inner, one, null);
      for (const [one, entry] of wanted.entries) yield* settle(inner, one, entry);
      own(inner.descriptor, wanted);
      sync(inner.descriptor);
    } finally {
      inner.close();
    }
  }

  function* build(folder: HeldFolder, name: string, wanted: Kept): Steps<void> {
    yield;
    if (wanted.kind === "link") {
      symlinkSync(wanted.target, folder.at(name));
      const time = seconds(wanted.modified);
      lutimesSync(folder.at(name), time, time);
      return;
    }
    if (wanted.kind === "file") return yield* buildFile(folder, name, wanted);
    mkdirSync(folder.at(name), { mode: 0o700 });
    const inner = holdIn(folder, name);
    try {
      for (const [one, entry] of wanted.entries) yield* build(inner, one, entry);
      own(inner.descriptor, wanted);
      sync(inner.descriptor);
    } finally {
      inner.close();
    }
  }

  function* buildFile(folder: HeldFolder, name: string, wanted: KeptFile): Steps<void> {
    const copy = openCopy(copies, wanted.content);
    try {
      const file = openSync(folder.at(name), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
      try {
        const hash = createHash("sha256");
        yield* readThrough(copy, wanted.size, (part) => {
          hash.update(part);
          writeAll(file, part);
        });
        if (hash.digest("hex") !== wanted.sha256) throw notOurs(null);
        own(file, wanted);
        sync(file);
      } finally {
        closeSync(file);
      }
    } finally {
      closeSync(copy);
    }
  }

  /** What an undoing that was cut short left there. */
  function* clean(folder: HeldFolder): Steps<void> {
    for (const name of readdirSync(folder.at("."))) {
      const stat = name.startsWith(tag) ? lookAt(folder, name) : null;
      if (stat !== null) yield* takeAway(folder, name, stat);
    }
  }

  /** One by one, as long as they are few; whoever calls brings the rest to the disk. */
  function sync(descriptor: number): void {
    synced += 1;
    if (synced <= fewFiles) fsyncSync(descriptor);
  }

  const nextPart = (): string => `${tag}${(parts += 1)}`;

  const { folder, name } = holdParent(path);
  try {
    yield* clean(folder);
    yield* settle(folder, name, kept);
    fsyncSync(folder.descriptor);
  } finally {
    folder.close();
  }
}

function* takeAway(folder: HeldFolder, name: string, stat: BigIntStats): Steps<void> {
  yield;
  if (!stat.isDirectory()) return unlinkSync(folder.at(name));
  const inner = holdIn(folder, name);
  try {
    makeUsable(inner);
    for (const [one, found] of entriesOf(inner))
      if (kindOf(found) !== "special") yield* takeAway(inner, one, found);
  } finally {
    inner.close();
  }
  try {
    rmdirSync(folder.at(name));
  } catch (error) {
    // What no copy could be kept of stays, and the folder with it.
    if ((error as NodeJS.ErrnoException).code !== "ENOTEMPTY") throw error;
  }
}

/** Its owner may change what is in it. */
function makeUsable(folder: HeldFolder): void {
  const { mode } = fstatSync(folder.descriptor);
  if ((mode & 0o700) !== 0o700) fchmodSync(folder.descriptor, (mode & 0o7777) | 0o700);
}

/** Whether it is what was kept; times and modes that differ are set. */
function* isSo(folder: HeldFolder, name: string, now: BigIntStats, wanted: Kept): Steps<boolean> {
  if (wanted.kind === "link") return now.isSymbolicLink() && readlinkSync(folder.at(name)) === wanted.target;
  // Its other names are not meant by it.
  if (wanted.kind !== "file" || !now.isFile() || now.nlink > 1n || Number(now.size) !== wanted.size)
    return false;
  const file = openSync(folder.at(name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const stat = fstatSync(file, { bigint: true });
    if (!stat.isFile() || stat.nlink > 1n) return false;
    const hash = createHash("sha256");
    yield* readThrough(file, wanted.size, (part) => hash.update(part));
    if (hash.digest("hex") !== wanted.sha256) return false;
    own(file, wanted);
    return true;
  } finally {
    closeSync(file);
  }
}

/** Gives something held open back its owner, permissions and time. Rights of a program only together with its owner. */
function own(descriptor: number, { uid, gid, mode, modified }: KeptFile | KeptFolder): void {
  const now = fstatSync(descriptor);
  let isTheirs = now.uid === uid && now.gid === gid;
  if (!isTheirs) {
    try {
      fchownSync(descriptor, uid, gid);
      isTheirs = true;
    } catch {
      // Nobody may give files away; it stays with whoever undoes.
    }
  }
  fchmodSync(descriptor, isTheirs ? mode : mode & 0o777);
  futimesSync(descriptor, seconds(modified), seconds(modified));
}

function openCopy(copies: string, content: number): number {
  try {
    return openSync(contentPath(copies, content), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    throw notOurs(error);
  }
}

/** @param expected how many bytes there may be @returns how many there were */
function* readThrough(file: number, expected: number, use: (part: Uint8Array) => void): Steps<number> {
  let size = 0;
  const chunk = new Uint8Array(Math.min(chunkBytes, expected + 1));
  for (;;) {
    yield;
    const count = readSync(file, chunk);
    if (count === 0) return size;
    use(chunk.subarray(0, count));
    size += count;
  }
}

function seconds(nanoseconds: string): number {
  return Number(BigInt(nanoseconds) / 1000n) / 1e6;
}

function inTheWay(): SmartClawError {
  return new SmartClawError(
    "CONFLICT",
    "Something that is neither file, folder nor link has taken a place to which a file would be put back.",
    "Take it away, then undo again.",
  );
}

import { createHash } from "node:crypto";
import {
  type BigIntStats,
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fstatSync,
  fsyncSync,
  openSync,
  readlinkSync,
  readSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { entriesOf, type HeldFolder, holdIn, holdParent, kindOf, lookAt } from "./held-folder.ts";
import type { Kept, KeptFile, KeptPaths } from "./kept.ts";
import type { Limits } from "./limits.ts";
import { asNotWhole, NotWhole } from "./not-whole.ts";
import type { Steps } from "./steps.ts";

const { COPYFILE_EXCL, COPYFILE_FICLONE_FORCE, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR } =
  constants;

/** So many are brought to the disk one by one; for more, the whole file system is. */
export const fewFiles = 64;
export const chunkBytes = 1024 * 1024;

/**
 * Copies what is at paths (absolute, without links).
 * @param folder for the copies; there, empty, and nobody else's
 * @param syncEach whether each is on the disk when this returns; else that is for whoever calls
 * @throws NotWhole, ErrnoException
 */
export function* copyPaths(
  paths: readonly string[],
  {
    folder,
    limits,
    syncEach,
  }: { readonly folder: string; readonly limits: Limits; readonly syncEach: boolean },
): Steps<KeptPaths> {
  let files = 0;
  let bytes = 0;
  let mayShare = true;

  function* file(from: HeldFolder, name: string): Steps<KeptFile> {
    const source = openSync(from.at(name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      const stat = fstatSync(source, { bigint: true });
      if (!stat.isFile()) throw new NotWhole("something in it comes and goes");
      const content = files;
      files += 1;
      const target = contentPath(folder, content);
      const shared = mayShare && share(source, target);
      mayShare &&= shared;
      const copy = openSync(target, shared ? O_RDWR | O_NOFOLLOW : O_RDWR | O_CREAT | O_EXCL, 0o600);
      try {
        const hash = createHash("sha256");
        let size = 0;
        const chunk = new Uint8Array(Math.min(chunkBytes, Number(stat.size) + 1));
        for (;;) {
          const count = readSync(shared ? copy : source, chunk);
          if (count === 0) break;
          const part = chunk.subarray(0, count);
          hash.update(part);
          if (!shared) writeAll(copy, part);
          size += count;
          bytes += count;
          if (bytes > limits.bytes) throw new NotWhole(`it is larger than ${limits.bytes / 1024 ** 2} MiB`);
          yield;
        }
        if (syncEach) fsyncSync(copy);
        return { kind: "file", ...owned(stat), size, sha256: hash.digest("hex"), content };
      } finally {
        closeSync(copy);
      }
    } finally {
      closeSync(source);
    }
  }

  function* entry(from: HeldFolder, name: string, stat: BigIntStats): Steps<Kept | null> {
    yield;
    const modified = String(stat.mtimeNs);
    switch (kindOf(stat)) {
      case "special":
        return null;
      case "link": {
        const target = readlinkSync(from.at(name));
        if (target.includes("\uFFFD")) throw new NotWhole("a link in it leads to a name that is no text");
        return { kind: "link", target, modified };
      }
      case "file":
        return yield* file(from, name);
      case "folder": {
        const inner = holdIn(from, name);
        try {
          const entries: [string, Kept][] = [];
          for (const [one, found] of entriesOf(inner)) {
            const kept = yield* entry(inner, one, found);
            if (kept !== null) entries.push([one, kept]);
          }
          return { kind: "folder", ...owned(stat), entries };
        } finally {
          inner.close();
        }
      }
    }
  }

  const kept: KeptPaths = [];
  try {
    for (const path of paths) {
      const { folder: parent, name } = holdParent(path);
      try {
        const stat = lookAt(parent, name);
        if (stat !== null && kindOf(stat) === "special")
          throw new NotWhole("it is neither file, folder nor link");
        kept.push([path, stat === null ? null : yield* entry(parent, name, stat)]);
      } finally {
        parent.close();
      }
    }
  } catch (error) {
    throw asNotWhole(error);
  }
  return kept;
}

export function contentPath(folder: string, content: number): string {
  return join(folder, String(content));
}

function owned({ mode, uid, gid, mtimeNs }: BigIntStats) {
  return { mode: Number(mode) & 0o7777, uid: Number(uid), gid: Number(gid), modified: String(mtimeNs) };
}

/** Where the file system can, both have the same blocks until one is changed. @returns whether it could */
function share(source: number, target: string): boolean {
  try {
    copyFileSync(`/proc/self/fd/${source}`, target, COPYFILE_EXCL | COPYFILE_FICLONE_FORCE);
  } catch (error) {
    if (["ENOSPC", "EDQUOT"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    return false;
  }
  chmodSync(target, 0o600);
  return true;
}

export function writeAll(file: number, data: Uint8Array): void {
  for (let at = 0; at < data.length;) at += writeSync(file, data, at);
}

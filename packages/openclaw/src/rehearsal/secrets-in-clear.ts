import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Secret } from "@smartclaw/contracts";
import { entriesBelow } from "../releases/entries-below.ts";

/** Files in these folders that hold one of the secrets as it is. Links are not followed. */
export async function filesWith(
  secrets: readonly Secret[],
  folders: readonly string[],
): Promise<readonly string[]> {
  const wanted = bytesOf(secrets);
  const found: string[] = [];
  for (const folder of folders)
    for (const entry of entriesBelow(folder)) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile() && (await holds(path, wanted))) found.push(path);
    }
  return found;
}

/** Names of those processes whose environment or arguments hold one of the secrets. Linux only: /proc, proc(5). */
export async function processesWith(
  secrets: readonly Secret[],
  processes: readonly { readonly pid: number; readonly name: string }[],
): Promise<readonly string[]> {
  const wanted = bytesOf(secrets);
  const found: string[] = [];
  for (const { pid, name } of processes) {
    // One that ended meanwhile shows nothing to anybody.
    const parts = ["environ", "cmdline"].map((part) =>
      readFile(`/proc/${pid}/${part}`).catch(() => Buffer.alloc(0)),
    );
    const shown = Buffer.concat(await Promise.all(parts));
    if (wanted.some((secret) => shown.includes(secret))) found.push(name);
  }
  return found;
}

function bytesOf(secrets: readonly Secret[]): Buffer[] {
  return secrets.map((secret) => Buffer.from(secret.reveal()));
}

/** In pieces, as a state can have files of gigabytes. */
async function holds(path: string, wanted: readonly Buffer[]): Promise<boolean> {
  const overlap = Math.max(...wanted.map(({ length }) => length)) - 1;
  let seen = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    seen = Buffer.concat([seen, chunk as Buffer]);
    if (wanted.some((secret) => seen.includes(secret))) return true;
    seen = seen.subarray(Math.max(0, seen.length - overlap));
  }
  return false;
}

import { randomBytes } from "node:crypto";
import { closeSync, lstatSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";

/** A key that looks like a provider's, made for one run and found nowhere else in the world. */
export function newCanary(): string {
  return `sk-canary-${randomBytes(24).toString("hex")}`;
}

/** One form of a secret. */
export interface Needle {
  readonly form: string;
  readonly bytes: Buffer;
}

/** Every form in which a secret may lie somewhere: as it is, reversed, hex, UTF-16, and base64 at each alignment. */
export function formsOf(secret: string): Needle[] {
  const plain = Buffer.from(secret);
  const utf16 = Buffer.from(secret, "utf16le");
  const reversed = Buffer.from(secret.split("").toReversed().join(""));
  const hex = plain.toString("hex");
  const base64 = [0, 1, 2].flatMap((shift) => {
    // Only the characters that do not depend on what stands before and after the secret.
    const text = Buffer.concat([Buffer.alloc(shift), plain]).toString("base64");
    const stable = text.slice(Math.ceil((shift * 8) / 6), Math.floor(((plain.length + shift) * 8) / 6));
    return [
      { form: `base64 (${shift})`, bytes: Buffer.from(stable) },
      { form: `base64url (${shift})`, bytes: Buffer.from(stable.replaceAll("+", "-").replaceAll("/", "_")) },
    ];
  });
  return [
    { form: "plain", bytes: plain },
    { form: "reversed", bytes: reversed },
    { form: "hex", bytes: Buffer.from(hex) },
    { form: "upper-case hex", bytes: Buffer.from(hex.toUpperCase()) },
    { form: "UTF-16LE", bytes: utf16 },
    { form: "UTF-16BE", bytes: Buffer.from(utf16).swap16() },
    ...base64,
  ];
}

interface Hit {
  readonly where: string;
  readonly form: string;
}

/** What was looked through, and where a secret was found. */
export interface Search {
  hits: Hit[];
  files: number;
  bytes: number;
  processes: number;
  unreadable: string[];
}

export function newSearch(): Search {
  return { hits: [], files: 0, bytes: 0, processes: 0, unreadable: [] };
}

const blockBytes = 8 * 1024 * 1024;

/** Looks through a block of bytes; where it came from is named in the hits. */
export function searchBytes(
  search: Search,
  needles: readonly Needle[],
  where: string,
  content: Buffer,
): void {
  for (const { form, bytes } of needles) if (content.includes(bytes)) search.hits.push({ where, form });
}

/** Every file below `root`, databases and their write-ahead logs included. Symbolic links are not followed. */
export function searchFiles(search: Search, needles: readonly Needle[], root: string): void {
  const longest = Math.max(...needles.map(({ bytes }) => bytes.length));
  const visit = (path: string): void => {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return;
    if (stat.isDirectory()) {
      for (const name of readdirSync(path)) visit(join(path, name));
      return;
    }
    if (!stat.isFile()) return;
    search.files++;
    let descriptor: number;
    try {
      descriptor = openSync(path, "r");
    } catch {
      search.unreadable.push(path);
      return;
    }
    try {
      const block = Buffer.alloc(Math.min(stat.size + 1, blockBytes));
      let position = 0;
      for (
        let read = readSync(descriptor, block, 0, block.length, position);
        read > 0;
        read = readSync(descriptor, block, 0, block.length, position)
      ) {
        searchBytes(search, needles, path, block.subarray(0, read));
        search.bytes += read;
        // Blocks overlap, so that a secret across their border is seen.
        position += read === block.length && read > longest ? read - longest : read;
      }
    } finally {
      closeSync(descriptor);
    }
  };
  visit(root);
}

/** Arguments and environment of every process of this machine that may be read. */
export function searchProcesses(search: Search, needles: readonly Needle[]): void {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid))
    for (const part of ["cmdline", "environ"]) {
      try {
        searchBytes(search, needles, `process ${pid} ${part}`, readFileSync(`/proc/${pid}/${part}`));
        search.processes++;
      } catch {
        continue;
      }
    }
}

/** The writable memory of one process. @returns bytes read; 0 when it may not be read */
export function searchMemory(search: Search, needles: readonly Needle[], pid: number): number {
  let total = 0;
  let memory: number;
  try {
    memory = openSync(`/proc/${pid}/mem`, "r");
  } catch {
    return 0;
  }
  try {
    const areas = readFileSync(`/proc/${pid}/maps`, "utf8").split("\n");
    for (const area of areas) {
      const match = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(area);
      if (match === null) continue;
      const start = Number.parseInt(match[1] ?? "0", 16);
      const end = Number.parseInt(match[2] ?? "0", 16);
      for (let at = start; at < end; at += blockBytes) {
        const block = Buffer.alloc(Math.min(blockBytes + 512, end - at));
        try {
          const read = readSync(memory, block, 0, block.length, at);
          total += read;
          searchBytes(search, needles, `memory of process ${pid}`, block.subarray(0, read));
        } catch {
          break;
        }
      }
    }
  } finally {
    closeSync(memory);
  }
  return total;
}

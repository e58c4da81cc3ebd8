import { execFileSync } from "node:child_process";
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

const longestOf = (needles: readonly Needle[]): number =>
  Math.max(...needles.map(({ bytes }) => bytes.length));

/** Looks through a block of bytes; where it came from is named in the hits. */
export function searchBytes(
  search: Search,
  needles: readonly Needle[],
  where: string,
  content: Buffer,
): void {
  for (const { form, bytes } of needles) if (content.includes(bytes)) search.hits.push({ where, form });
}

/**
 * Every file below `root`, databases and their write-ahead logs included. Symbolic links are not followed.
 * @param changedSince milliseconds since 1970; only files that were written or changed in any way since then
 */
export function searchFiles(
  search: Search,
  needles: readonly Needle[],
  root: string,
  changedSince = 0,
): void {
  const longest = longestOf(needles);
  const visit = (path: string): void => {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return;
    if (stat.isDirectory()) {
      for (const name of readdirSync(path)) visit(join(path, name));
      return;
    }
    if (!stat.isFile() || stat.ctimeMs < changedSince) return;
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
  const descriptors: number[] = [];
  const block = Buffer.alloc(blockBytes + longestOf(needles));
  try {
    const [memory = 0, pages = 0] = ["mem", "pagemap"].map((name) => {
      const descriptor = openSync(`/proc/${pid}/${name}`, "r");
      descriptors.push(descriptor);
      return descriptor;
    });
    for (const { start, end } of usedMemory(pid, pages))
      for (let at = start; at < end; at += blockBytes) {
        const read = readMemory(memory, block, at, end);
        total += read;
        searchBytes(search, needles, `memory of process ${pid}`, block.subarray(0, read));
      }
  } catch {
    return total;
  } finally {
    for (const descriptor of descriptors) closeSync(descriptor);
  }
  return total;
}

/** @returns 0 for what was given back since it was seen */
function readMemory(memory: number, block: Buffer, at: number, end: number): number {
  try {
    return readSync(memory, block, 0, Math.min(block.length, end - at), at);
  } catch {
    return 0;
  }
}

/**
 * The writable ranges of a process that hold anything. V8 reserves gigabytes of which most was never touched.
 * @param pages of `/proc/<pid>/pagemap`: 8 bytes for each page, of which bit 63 says "in memory", bit 62 "swapped out"
 *   (https://docs.kernel.org/admin-guide/mm/pagemap.html)
 */
function* usedMemory(pid: number, pages: number): Generator<{ start: number; end: number }> {
  const pageBytes = Number(execFileSync("getconf", ["PAGESIZE"], { encoding: "utf8" }));
  const entries = Buffer.alloc(64 * 1024);
  for (const area of readFileSync(`/proc/${pid}/maps`, "utf8").split("\n")) {
    const match = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(area);
    if (match === null) continue;
    const [first, last] = [match[1], match[2]].map((hex) => Number.parseInt(hex ?? "0", 16) / pageBytes);
    let start: number | null = null;
    for (let page = first ?? 0; page < (last ?? 0);) {
      const wanted = Math.min(entries.length, ((last ?? 0) - page) * 8);
      const read = readSync(pages, entries, 0, wanted, page * 8);
      if (read < 8) break;
      for (let at = 0; at + 8 <= read; at += 8, page++) {
        const used = (entries[at + 7] ?? 0) >= 0b0100_0000;
        if (used) start ??= page * pageBytes;
        else if (start !== null) {
          yield { start, end: page * pageBytes };
          start = null;
        }
      }
    }
    if (start !== null) yield { start, end: (last ?? 0) * pageBytes };
  }
}

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Metadata, MetadataKind, type Root } from "@tufjs/models";
import { writeDurably } from "./durable.ts";

type Json = Parameters<typeof Metadata.fromJSON>[1];

/** What an earlier look came to trust, by which older metadata that is replayed is known. */
const remembered = [
  { role: "timestamp", read: (json: Json) => Metadata.fromJSON(MetadataKind.Timestamp, json) },
  { role: "snapshot", read: (json: Json) => Metadata.fromJSON(MetadataKind.Snapshot, json) },
  { role: "targets", read: (json: Json) => Metadata.fromJSON(MetadataKind.Targets, json) },
] as const;

export interface TrustedMetadata {
  /** The folder for tuf-js to work in. What an earlier look left there is gone. */
  readonly work: string;
  /** Takes over what was found good. @param roots those that were received, by version @throws as node:fs */
  keep(roots: ReadonlyMap<number, Buffer>): void;
}

/**
 * The metadata that was verified before, in a folder of its own (mode 0700). tuf-js writes so that a power cut can
 * leave half a file, so it works on a copy, and what it found good is taken over from there.
 *
 * Trust always begins with the pinned root, and goes from there through the roots that were seen. So it survives another
 * pin, of a newer SmartClaw or an older one, as long as both are of one chain, and begins anew for another repository.
 * @throws Error when `pinned` is no root metadata that its own keys signed; as node:fs
 */
export function openTrusted(pinned: string, folder: string): TrustedMetadata {
  const work = join(folder, "work");
  const roots = join(folder, "roots");
  const metadata = join(folder, "metadata");
  rmSync(work, { recursive: true, force: true });
  for (const path of [folder, work, roots, metadata]) mkdirSync(path, { recursive: true, mode: 0o700 });
  writeFileSync(join(work, "root.json"), newestRoot(Buffer.from(pinned), roots));
  for (const { role } of remembered) {
    const bytes = readIfThere(join(metadata, `${role}.json`));
    if (bytes !== null) writeFileSync(join(work, `${role}.json`), bytes);
  }
  return {
    work,
    keep(received) {
      // On a full disk tuf-js leaves half a file, which must not take the place of what was known.
      const root = unlessBroken(() => parseRoot(readFileSync(join(work, "root.json"))));
      if (root === null) return;
      for (const [version, bytes] of received)
        if (version <= root.signed.version) keepFile(join(roots, `${version}.root.json`), bytes);
      for (const { role, read } of remembered) {
        const bytes = readIfThere(join(work, `${role}.json`));
        if (bytes === null || unlessBroken(() => root.verifyDelegate(role, read(parse(bytes)))) === null)
          continue;
        keepFile(join(metadata, `${role}.json`), bytes);
      }
    },
  };
}

/** The end of the chain that begins with `pinned`, as section 5.3 of the specification walks it. */
function newestRoot(pinned: Buffer, roots: string): Buffer {
  let newest = { bytes: pinned, root: parseRoot(pinned) };
  newest.root.verifyDelegate(MetadataKind.Root, newest.root);
  for (;;) {
    const bytes = readIfThere(join(roots, `${newest.root.signed.version + 1}.root.json`));
    const root = bytes === null ? null : successor(newest.root, bytes);
    if (bytes === null || root === null) return newest.bytes;
    newest = { bytes, root };
  }
}

/** Null for a root of another chain, or a damaged one: it is asked for again. */
function successor(before: Metadata<Root>, bytes: Buffer): Metadata<Root> | null {
  return unlessBroken(() => {
    const root = parseRoot(bytes);
    before.verifyDelegate(MetadataKind.Root, root);
    root.verifyDelegate(MetadataKind.Root, root);
    return root.signed.version === before.signed.version + 1 ? root : null;
  });
}

function unlessBroken<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}

function parseRoot(bytes: Buffer): Metadata<Root> {
  return Metadata.fromJSON(MetadataKind.Root, parse(bytes));
}

function parse(bytes: Buffer): Json {
  return JSON.parse(bytes.toString("utf8"));
}

function readIfThere(path: string): Buffer | null {
  return existsSync(path) ? readFileSync(path) : null;
}

function keepFile(path: string, bytes: Buffer): void {
  if (readIfThere(path)?.equals(bytes) !== true) writeDurably(path, bytes, 0o600);
}

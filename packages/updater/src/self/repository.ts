import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Clock, SmartClawError } from "@smartclaw/contracts";
import { MetaFile, Root, Snapshot, Targets, Timestamp } from "@tufjs/models";
import { documentPath, releaseDocument } from "./release-document.ts";
import { openFiles, type RepositoryFiles, sha256, type SignedParts } from "./repository-files.ts";
import { type RepositoryKeys, type Role, roles } from "./repository-keys.ts";

export { type Role, roles } from "./repository-keys.ts";

/**
 * A repository of The Update Framework for SmartClaw's own releases, for who publishes some and for tests:
 * https://theupdateframework.github.io/specification/latest/
 */
export interface RepositoryState {
  /** Path of the newest root metadata: what a SmartClaw is given to trust. */
  readonly root: string;
  /** When the metadata of each role ends, in milliseconds since the epoch. From then on nobody finds a newer release. */
  readonly ends: Readonly<Record<Role, number>>;
}

export interface NewRelease {
  readonly version: string;
  /** The versions of Node that it runs on, as npm's `engines.node`. */
  readonly node: string;
  /** The files, by Node's names of platform and architecture: "linux-x64". */
  readonly archives: Readonly<Record<string, string>>;
  /** What is new, for people; null for nothing to say. */
  readonly notes: string | null;
}

interface RepositoryDeps {
  readonly clock: Clock;
}

const dayMs = 24 * 60 * 60 * 1000;
/** A timestamp of one day would leave everyone without updates when nobody signs over a weekend. */
const lifeMs: Readonly<Record<Role, number>> = {
  root: 365 * dayMs,
  targets: 90 * dayMs,
  snapshot: 30 * dayMs,
  timestamp: 30 * dayMs,
};
/** What is left of the targets' life when `refresh` signs them anew: longer than until the next `refresh`. */
const targetsDueMs = 45 * dayMs;
/** How many keys each role has; all of them have to sign. Two for what cannot be put right from afar. */
const keyCounts: Readonly<Record<Role, number>> = { root: 2, targets: 1, snapshot: 1, timestamp: 1 };
const specVersion = "1.0.31";

/** Makes the keys and the first, empty metadata. @throws SmartClawError CONFLICT when there is a repository already */
export function initRepository(folder: string, { clock }: RepositoryDeps): RepositoryState {
  if (["keys", "public"].some((name) => existsSync(join(folder, name))))
    throw new SmartClawError(
      "CONFLICT",
      `In ${folder} there is a repository already, and its keys must not be lost.`,
      "Name another folder.",
    );
  const files = openFiles(folder);
  const root = rootWith({ version: 1, fresh: roles, before: null }, files.keys, clock);
  files.write("1.root.json", "root", root, [root]);
  release(files, root, { targets: new Targets(fields("targets", 1, clock)), before: null }, clock);
  return stateOf(files);
}

/**
 * Makes `release` the newest one. Archives of the same version for other platforms stay beside it.
 * @throws SmartClawError BAD_REQUEST for what no SmartClaw would read, CONFLICT for an archive that was published with
 * other contents, NOT_FOUND without a repository or one of its keys
 */
export function publish(
  folder: string,
  { version, node, archives, notes }: NewRelease,
  { clock }: RepositoryDeps,
): RepositoryState {
  const files = openFiles(folder);
  const before = files.read();
  const kept = archivesOf(version, before, files);
  const names = Object.entries(archives).map(
    ([platform, file]) => [platform, `smartclaw-${version}-${platform}.tgz`, file] as const,
  );
  const parsed = releaseDocument.safeParse({
    format: 1,
    version,
    node,
    archives: {
      ...kept,
      ...Object.fromEntries(
        names.map(([platform, path]) => [platform, { path, ...(notes === null ? {} : { notes }) }]),
      ),
    },
  });
  if (!parsed.success)
    throw new SmartClawError(
      "BAD_REQUEST",
      `That is no release that a SmartClaw can read (${parsed.error.issues[0]?.path.join(".")}).`,
      "Give a version like 1.2.3, a range of Node versions, and an archive for a platform like linux-x64.",
    );
  const targets = new Targets(fields("targets", before.targets.version + 1, clock));
  for (const { path } of Object.values(kept)) {
    const target = before.targets.targets[path];
    if (target !== undefined) targets.addTarget(target);
  }
  for (const [, path, file] of names) {
    const bytes = readFileSync(file);
    const published = targets.targets[path];
    if (published !== undefined && published.hashes["sha256"] !== sha256(bytes))
      throw new SmartClawError(
        "CONFLICT",
        `${path} was published with other contents, and some may have it already.`,
        "Give the release a higher version.",
      );
    targets.addTarget(files.addTarget(path, bytes));
  }
  targets.addTarget(files.addTarget(documentPath, Buffer.from(JSON.stringify(parsed.data))));
  release(files, before.root, { targets, before }, clock);
  return stateOf(files);
}

/**
 * Signs snapshot and timestamp anew before they end, and the targets when they are due and their key is here.
 * @throws SmartClawError NOT_FOUND without a repository or a key for snapshot and timestamp
 */
export function refresh(folder: string, { clock }: RepositoryDeps): RepositoryState {
  const files = openFiles(folder);
  const before = files.read();
  const { root, targets } = before;
  const due = Date.parse(targets.expires) - clock.now() < targetsDueMs;
  const here = root.roles["targets"]?.keyIDs.some((id) => files.keys.signer("targets", id) !== null) === true;
  release(files, root, { targets: due && here ? renewed(targets, clock) : null, before }, clock);
  return stateOf(files);
}

/**
 * A new root with new keys for the roles named, signed by the root keys of before and of after, so that everyone who
 * trusts the old one comes to trust the new one. What the new keys answer for is signed anew.
 * @throws SmartClawError NOT_FOUND without a repository or one of its keys
 */
export function rotateRoot(
  folder: string,
  { clock, renew }: RepositoryDeps & { readonly renew: readonly Role[] },
): RepositoryState {
  const files = openFiles(folder);
  const before = files.read();
  const version = before.root.version + 1;
  const root = rootWith({ version, fresh: renew, before: before.root }, files.keys, clock);
  files.write(`${version}.root.json`, "root", root, [before.root, root]);
  const targets = renew.includes("targets") ? renewed(before.targets, clock) : null;
  if (renew.some((role) => role !== "root")) release(files, root, { targets, before }, clock);
  return stateOf(files);
}

/** Writes what leads to the newest targets, the timestamp last: until then clients see all that was before. */
function release(
  files: RepositoryFiles,
  root: Root,
  { targets, before }: { readonly targets: Targets | null; readonly before: SignedParts | null },
  clock: Clock,
): void {
  let meta = before?.snapshot.meta;
  if (targets !== null) {
    const bytes = files.write(`${targets.version}.targets.json`, "targets", targets, [root]);
    meta = { "targets.json": metaOf(targets.version, bytes) };
  }
  const snapshotFields = fields("snapshot", (before?.snapshot.version ?? 0) + 1, clock);
  const snapshot = new Snapshot({ ...snapshotFields, ...(meta === undefined ? {} : { meta }) });
  const bytes = files.write(`${snapshot.version}.snapshot.json`, "snapshot", snapshot, [root]);
  const timestamp = new Timestamp({
    ...fields("timestamp", (before?.timestamp.version ?? 0) + 1, clock),
    snapshotMeta: metaOf(snapshot.version, bytes),
  });
  files.write("timestamp.json", "timestamp", timestamp, [root]);
}

function metaOf(version: number, bytes: Buffer): MetaFile {
  return new MetaFile({ version, length: bytes.length, hashes: { sha256: sha256(bytes) } });
}

function renewed(targets: Targets, clock: Clock): Targets {
  return new Targets({ ...fields("targets", targets.version + 1, clock), targets: targets.targets });
}

function rootWith(
  { version, fresh, before }: { version: number; fresh: readonly Role[]; before: Root | null },
  keys: RepositoryKeys,
  clock: Clock,
): Root {
  const root = { keys: {} as Record<string, object>, roles: {} as Record<string, object> };
  for (const role of roles) {
    const old = before?.roles[role]?.keyIDs.flatMap((id) => before.keys[id] ?? []) ?? [];
    const own = fresh.includes(role) ? Array.from({ length: keyCounts[role] }, () => keys.make(role)) : old;
    for (const key of own) root.keys[key.keyID] = key.toJSON();
    root.roles[role] = { keyids: own.map(({ keyID }) => keyID), threshold: own.length };
  }
  const { expires } = fields("root", version, clock);
  return Root.fromJSON({
    _type: "root",
    spec_version: specVersion,
    version,
    expires,
    consistent_snapshot: true,
    ...root,
  } as Parameters<typeof Root.fromJSON>[0]);
}

function fields(role: Role, version: number, clock: Clock) {
  // The specification's times have no milliseconds (section 4.2.1).
  const expires = new Date(clock.now() + lifeMs[role]).toISOString().replace(/\.\d+Z$/, "Z");
  return { version, specVersion, expires };
}

/** The archives of `version` that are published already, by platform. */
function archivesOf(version: string, { targets }: SignedParts, files: RepositoryFiles) {
  const target = targets.targets[documentPath];
  if (target === undefined) return {};
  const document = releaseDocument.parse(JSON.parse(files.target(target).toString("utf8")));
  return document.version === version ? document.archives : {};
}

function stateOf(files: RepositoryFiles): RepositoryState {
  const parts = files.read();
  const endOf = (role: Role): number => Date.parse(parts[role].expires);
  return {
    root: files.rootFile(parts.root.version),
    ends: {
      root: endOf("root"),
      targets: endOf("targets"),
      snapshot: endOf("snapshot"),
      timestamp: endOf("timestamp"),
    },
  };
}

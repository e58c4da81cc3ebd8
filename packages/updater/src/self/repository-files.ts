import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SmartClawError } from "@smartclaw/contracts";
import {
  Metadata,
  MetadataKind,
  type Root,
  type Snapshot,
  TargetFile,
  type Targets,
  type Timestamp,
} from "@tufjs/models";
import { writeDurably } from "./durable.ts";
import { openKeys, type RepositoryKeys, type Role } from "./repository-keys.ts";

/** What a repository holds now: the newest of each role. */
export interface SignedParts {
  readonly root: Root;
  readonly targets: Targets;
  readonly snapshot: Snapshot;
  readonly timestamp: Timestamp;
}

/** The files of a repository: https://theupdateframework.github.io/specification/latest/, section 7, consistent snapshots. */
export interface RepositoryFiles {
  readonly keys: RepositoryKeys;
  rootFile(version: number): string;
  /** @throws SmartClawError NOT_FOUND when there is no repository */
  read(): SignedParts;
  /**
   * Signs with every key that is here and that one of `by` names for `role`, and writes.
   * @throws SmartClawError NOT_FOUND when these keys are too few
   */
  write(name: string, role: Role, signed: SignedParts[Role], by: readonly Root[]): Buffer;
  /** The target's bytes. */
  target(target: TargetFile): Buffer;
  /** Puts `bytes` where clients look for the target. */
  addTarget(path: string, bytes: Buffer): TargetFile;
}

/** @param folder with `keys/`, which stays at home, and `public/`, which any web server can give away */
export function openFiles(folder: string): RepositoryFiles {
  const metadata = join(folder, "public", "metadata");
  const targets = join(folder, "public", "targets");
  const keys = openKeys(join(folder, "keys"));
  const rootFile = (version: number): string => join(metadata, `${version}.root.json`);
  const targetFile = ({ path, hashes }: TargetFile): string => join(targets, `${hashes["sha256"]}.${path}`);
  const text = (name: string): ReturnType<typeof JSON.parse> =>
    JSON.parse(readFileSync(join(metadata, name), "utf8"));

  return {
    keys,
    rootFile,
    read() {
      if (!existsSync(join(metadata, "timestamp.json")))
        throw new SmartClawError(
          "NOT_FOUND",
          `In ${folder} there is no repository.`,
          "Make one with `init`, or name its folder.",
        );
      const roots = readdirSync(metadata).flatMap((name) => /^(\d+)\.root\.json$/.exec(name)?.[1] ?? []);
      const root = Metadata.fromJSON(MetadataKind.Root, text(`${Math.max(...roots.map(Number))}.root.json`));
      const timestamp = Metadata.fromJSON(MetadataKind.Timestamp, text("timestamp.json"));
      const { version } = timestamp.signed.snapshotMeta;
      const snapshot = Metadata.fromJSON(MetadataKind.Snapshot, text(`${version}.snapshot.json`));
      const targetsVersion = snapshot.signed.meta["targets.json"]?.version;
      const targets = Metadata.fromJSON(MetadataKind.Targets, text(`${targetsVersion}.targets.json`));
      return {
        root: root.signed,
        targets: targets.signed,
        snapshot: snapshot.signed,
        timestamp: timestamp.signed,
      };
    },
    write(name, role, signed, by) {
      const sealed = new Metadata(signed);
      for (const root of by) {
        const { keyIDs = [], threshold = 1 } = root.roles[role] ?? {};
        const signers = keyIDs.flatMap((id) => keys.signer(role, id) ?? []);
        if (signers.length < threshold) throw missingKey(role, folder);
        for (const signer of signers) sealed.sign(signer);
      }
      const bytes = Buffer.from(JSON.stringify(sealed.toJSON()));
      mkdirSync(metadata, { recursive: true });
      writeDurably(join(metadata, name), bytes, 0o644);
      return bytes;
    },
    target: (target) => readFileSync(targetFile(target)),
    addTarget(path, bytes) {
      const target = new TargetFile({ path, length: bytes.length, hashes: { sha256: sha256(bytes) } });
      mkdirSync(targets, { recursive: true });
      writeDurably(targetFile(target), bytes, 0o644);
      return target;
    },
  };
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function missingKey(role: Role, folder: string): SmartClawError {
  return new SmartClawError(
    "NOT_FOUND",
    `A key for the role "${role}" is not in ${folder}/keys.`,
    "Put the key's file back from where you keep it, and do it again.",
  );
}

import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { z } from "zod";
import { SmartClawError } from "@smartclaw/contracts";

/** What a complete release says of itself, in `release.json`. Its presence is what makes a folder a release. */
const releaseInfo = z.object({
  name: z.literal("openclaw"),
  version: z.string().regex(/^\d+\.\d+\.\d+(-[\w.]+)?$/),
  /** Subresource integrity of the package's tarball. */
  integrity: z.string().startsWith("sha512-"),
  /** OpenClaw's `engines.node`. */
  node: z.string(),
  installedAt: z.number(),
});
type ReleaseInfo = z.infer<typeof releaseInfo>;

/** The only switch: names code, Node and state together, so that no half of an update can be live. */
const pointer = z.object({
  format: z.literal(1),
  openclaw: z.string(),
  node: z.string(),
  state: z.string(),
});
type Pointer = z.infer<typeof pointer>;

export interface Releases {
  /** What is live, or null before the first installation. @throws SmartClawError STORAGE_CORRUPT */
  live(): Pointer | null;
  /** A complete release, or null. */
  find(version: string): ReleaseInfo | null;
  list(): ReleaseInfo[];
  /** A new empty folder on the same file system, to build a release in. */
  staging(version: string): string;
  /** Makes a complete staging folder a release, atomically. */
  publish(staging: string, info: ReleaseInfo): void;
  /** Makes a release the live one, atomically and durably. @throws SmartClawError NOT_FOUND */
  activate(pointer: Omit<Pointer, "format">): void;
  /** Path of OpenClaw's program in a release. */
  entry(version: string): string;
  /** The package folder of a release. */
  folder(version: string): string;
  /** Removes what interrupted installations left. */
  sweep(): void;
}

/** Releases lie side by side in `<root>/versions/openclaw/<version>`; `<root>/live.json` says which is used. */
export function createReleases(deps: { root: string }): Releases {
  const home = join(deps.root, "versions", "openclaw");
  const stagingHome = join(deps.root, "versions", ".staging");
  const pointerFile = join(deps.root, "live.json");
  const folder = (version: string): string => join(home, version, "node_modules", "openclaw");

  const find = (version: string): ReleaseInfo | null => {
    try {
      const info = releaseInfo.parse(JSON.parse(readFileSync(join(home, version, "release.json"), "utf8")));
      return info.version === version ? info : null;
    } catch {
      return null;
    }
  };

  return {
    find,
    folder,
    entry: (version) => join(folder(version), "openclaw.mjs"),
    live() {
      let text: string;
      try {
        text = readFileSync(pointerFile, "utf8");
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
        throw error;
      }
      const parsed = pointer.safeParse(parseJson(text));
      if (parsed.success && find(parsed.data.openclaw) !== null) return parsed.data;
      throw new SmartClawError(
        "STORAGE_CORRUPT",
        parsed.success
          ? `The live release of OpenClaw (${parsed.data.openclaw}) is not complete on the disk.`
          : "The file that says which release of OpenClaw is live cannot be read.",
        "Install OpenClaw again from the Status page; your conversations stay.",
      );
    },
    list: () =>
      existsSync(home)
        ? readdirSync(home)
            .map(find)
            .filter((info) => info !== null)
        : [],
    staging(version) {
      mkdirSync(stagingHome, { recursive: true, mode: 0o700 });
      const path = join(stagingHome, `${version}-${process.pid}-${Date.now().toString(36)}`);
      mkdirSync(path, { mode: 0o700 });
      return path;
    },
    publish(staging, info) {
      writeFileAtomic.sync(
        join(staging, "release.json"),
        `${JSON.stringify(releaseInfo.parse(info), null, 2)}\n`,
      );
      mkdirSync(home, { recursive: true, mode: 0o700 });
      const target = join(home, info.version);
      // What lies there is not a release, or the caller would not have built one.
      rmSync(target, { recursive: true, force: true });
      renameSync(staging, target);
      syncFolder(home);
    },
    activate(next) {
      if (find(next.openclaw) === null)
        throw new SmartClawError(
          "NOT_FOUND",
          `OpenClaw ${next.openclaw} is not installed.`,
          "Install it first.",
        );
      writeFileAtomic.sync(pointerFile, `${JSON.stringify({ format: 1, ...next }, null, 2)}\n`, {
        mode: 0o600,
      });
      syncFolder(deps.root);
    },
    sweep: () => rmSync(stagingHome, { recursive: true, force: true }),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Makes a rename in `path` durable. Windows has no such call and does not need it. */
function syncFolder(path: string): void {
  if (process.platform === "win32") return;
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

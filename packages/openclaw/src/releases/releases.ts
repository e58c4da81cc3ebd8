import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { type ErrorReport, SmartClawError, type Unsubscribe } from "@smartclaw/contracts";
import { bundledNode, findRuntime } from "../runtime/find-runtime.ts";
import { folderCount, isWhole, looksWhole } from "./contents.ts";
import { createSideBySide } from "./side-by-side.ts";
import { syncFolder } from "./sync-folder.ts";

/** What a complete release says of itself, in `release.json`. Its presence is what makes a folder a release. */
const releaseInfo = z.object({
  name: z.literal("openclaw"),
  version: z.string().regex(/^\d+\.\d+\.\d+(-[\w.]+)?$/),
  /** Subresource integrity of the package's tarball. */
  integrity: z.string().startsWith("sha512-"),
  /** OpenClaw's `engines.node`. */
  node: z.string(),
  installedAt: z.number(),
  /** What a glance counts. Releases of an older SmartClaw have none. */
  counts: z.array(folderCount).default([]),
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
  /**
   * What is live, or null before the first installation. Glances at the release and its Node, too.
   * @throws SmartClawError STORAGE_CORRUPT
   */
  live(): Pointer | null;
  /** What the pointer names, whether that is complete or not; null when it names nothing. */
  named(): Pointer | null;
  /** Told of each fault that `live` throws. */
  onDamage(listener: (report: ErrorReport) => void): Unsubscribe;
  /** A release that was completed, or null. It may have lost something since. */
  find(version: string): ReleaseInfo | null;
  /** Whether nothing is missing at a glance, for every start; thoroughly, in seconds, when someone has doubts. */
  isWhole(version: string, look: "glance" | "thorough"): Promise<boolean>;
  list(): ReleaseInfo[];
  /** A new empty folder on the same file system, to build a release in. */
  staging(version: string): string;
  /**
   * Makes a complete staging folder, which is read-only inside, a release, in place of a damaged one of that version.
   * Each step is atomic; after a crash between the two there is no release of that version, and the next start
   * installs it.
   */
  publish(staging: string, info: ReleaseInfo): void;
  /** Makes a release the live one, atomically and durably. @throws SmartClawError NOT_FOUND */
  activate(pointer: Omit<Pointer, "format">): void;
  /** Path of OpenClaw's program in a release. */
  entry(version: string): string;
  /** Whether two releases write their databases in the same form, so that each can go on with the other's. */
  sameSchema(one: string, other: string): boolean;
  /** The package folder of a release. */
  folder(version: string): string;
  /** Removes a release; not the live one. */
  remove(version: string): Promise<void>;
  /** Removes what interrupted installations and replaced releases left. */
  sweep(): Promise<void>;
}

/** Releases lie side by side in `<root>/versions/openclaw/<version>`; `<root>/live.json` says which is used. */
export function createReleases(deps: {
  readonly root: string;
  readonly platform: NodeJS.Platform;
}): Releases {
  const home = join(deps.root, "versions", "openclaw");
  const stagingHome = join(deps.root, "versions", ".staging");
  const folders = createSideBySide({ home, stagingHome, platform: deps.platform });
  const pointerFile = join(deps.root, "live.json");
  const folder = (version: string): string => join(home, version, "node_modules", "openclaw");
  const listeners = new Set<(report: ErrorReport) => void>();

  const find = (version: string): ReleaseInfo | null => {
    try {
      const info = releaseInfo.parse(JSON.parse(readFileSync(join(home, version, "release.json"), "utf8")));
      return info.version === version ? info : null;
    } catch {
      return null;
    }
  };

  const glance = (version: string): boolean => {
    const info = find(version);
    return info !== null && looksWhole(join(home, version), version, info.counts);
  };

  const readPointer = (): Pointer | "unreadable" | null => {
    let text: string;
    try {
      text = readFileSync(pointerFile, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
      throw error;
    }
    return pointer.safeParse(parseJson(text)).data ?? "unreadable";
  };

  const damaged = (what: string): SmartClawError => {
    const next = "Install OpenClaw again from the Status page; your conversations stay.";
    const fault = new SmartClawError("STORAGE_CORRUPT", what, next);
    for (const listener of listeners) listener(fault.report());
    return fault;
  };

  return {
    find,
    isWhole: async (version, look) =>
      glance(version) && (look === "glance" || (await isWhole(join(home, version)))),
    folder,
    sameSchema(one, other) {
      const [ours, theirs] = [schemaOf(folder(one)), schemaOf(folder(other))];
      return ours !== null && ours === theirs;
    },
    entry: (version) => join(folder(version), "openclaw.mjs"),
    live() {
      const named = readPointer();
      if (named === null) return null;
      if (named === "unreadable")
        throw damaged("The file that says which release of OpenClaw is live cannot be read.");
      const { openclaw, node } = named;
      if (!glance(openclaw))
        throw damaged(`The live release of OpenClaw (${openclaw}) is not complete on the disk.`);
      if (node !== bundledNode && findRuntime(deps.root, node) === null)
        throw damaged(`Node ${node}, which OpenClaw runs on, is not complete on the disk.`);
      return named;
    },
    named() {
      const named = readPointer();
      return named === "unreadable" ? null : named;
    },
    onDamage(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    list: () =>
      existsSync(home)
        ? readdirSync(home)
            .map(find)
            .filter((info) => info !== null)
        : [],
    staging: (version) => folders.staging(version),
    publish: (staging, info) => folders.publish(staging, info.version, releaseInfo.parse(info)),
    activate(next) {
      if (find(next.openclaw) === null)
        throw new SmartClawError(
          "NOT_FOUND",
          `OpenClaw ${next.openclaw} is not installed.`,
          "Install it first.",
        );
      const text = `${JSON.stringify({ format: 1, ...next }, null, 2)}\n`;
      writeFileSync(`${pointerFile}.next`, text, { mode: 0o600, flush: true });
      renameSync(`${pointerFile}.next`, pointerFile);
      syncFolder(deps.root);
    },
    async remove(version) {
      const named = readPointer();
      // With a pointer that cannot be read, any release may be the one that is needed.
      if (named !== "unreadable" && named?.openclaw !== version) await folders.remove(version);
    },
    sweep: () => folders.sweep(),
  };
}

const manifest = z.object({
  openclaw: z.object({ schemaVersions: z.record(z.string(), z.number()) }),
});

/** `openclaw.schemaVersions` of the package, in a form that can be compared; null when it does not say. */
function schemaOf(folder: string): string | null {
  try {
    const { openclaw } = manifest.parse(JSON.parse(readFileSync(join(folder, "package.json"), "utf8")));
    const entries = Object.entries(openclaw.schemaVersions);
    return JSON.stringify(entries.toSorted(([one], [other]) => one.localeCompare(other)));
  } catch {
    return null;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

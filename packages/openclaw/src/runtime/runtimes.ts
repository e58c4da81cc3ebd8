import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { SmartClawError } from "@smartclaw/contracts";
import { createSideBySide } from "../releases/side-by-side.ts";
import {
  bundledNode,
  findRuntime,
  programOf,
  type RuntimeInfo,
  runtimeInfo,
  runtimesIn,
} from "./find-runtime.ts";

export interface Runtimes {
  /** The version of a Node that a pointer names; of the bundled one that of SmartClaw's own. */
  versionOf(node: string): string;
  /** Those besides the bundled one that lie there whole. */
  list(): RuntimeInfo[];
  /** Whether a version lies there with a program of the size that it had. */
  isWhole(version: string): boolean;
  /**
   * The program of the Node that a pointer names. Never another one's: a release was tried with that Node.
   * @throws SmartClawError STORAGE_CORRUPT when it is not there
   */
  path(node: string): string;
  /** As in `SideBySide`. */
  staging(version: string): string;
  publish(staging: string, info: RuntimeInfo): void;
  /** Removes one; nothing may run on it. */
  remove(version: string): Promise<void>;
  sweep(): Promise<void>;
}

/** Nodes lie side by side in `<root>/versions/node-runtime/<version>`, beside OpenClaw's releases. */
export function createRuntimes(deps: {
  readonly root: string;
  readonly bundled: { readonly path: string; readonly version: string };
  readonly platform: NodeJS.Platform;
}): Runtimes {
  const { root, bundled, platform } = deps;
  const home = runtimesIn(root);
  const stagingHome = join(root, "versions", ".staging-node-runtime");
  const folders = createSideBySide({ home, stagingHome, platform });

  return {
    versionOf: (node) => (node === bundledNode ? bundled.version : node),
    list: () =>
      existsSync(home)
        ? readdirSync(home)
            .map((version) => findRuntime(root, version))
            .filter((info) => info !== null)
        : [],
    isWhole: (version) => findRuntime(root, version) !== null,
    path(node) {
      if (node === bundledNode) return bundled.path;
      const info = findRuntime(root, node);
      if (info !== null) return join(home, node, programOf(info.name));
      throw new SmartClawError(
        "STORAGE_CORRUPT",
        `Node ${node}, which OpenClaw runs on, is not complete on the disk.`,
        "Install OpenClaw again from the Status page; your conversations stay.",
      );
    },
    staging: (version) => folders.staging(version),
    publish: (staging, info) => folders.publish(staging, info.version, runtimeInfo.parse(info)),
    async remove(version) {
      if (runtimeInfo.shape.version.safeParse(version).success) await folders.remove(version);
    },
    sweep: () => folders.sweep(),
  };
}

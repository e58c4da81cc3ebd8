import { lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

/** In a pointer: the Node that SmartClaw itself runs on. */
export const bundledNode = "bundled";

/** What a complete Node says of itself, in `release.json`. Its presence is what makes a folder one. */
export const runtimeInfo = z.object({
  /** Its package. */
  name: z.string().regex(/^[a-z0-9-]+$/),
  /** Digits only, also to keep a pointer that was tampered with from leading out of the folder. */
  version: z.string().regex(/^\d{1,4}\.\d{1,4}\.\d{1,4}$/),
  /** Subresource integrity of the package's tarball. */
  integrity: z.string().startsWith("sha512-"),
  /** Bytes of its program. */
  size: z.number().int().positive(),
  installedAt: z.number(),
});
export type RuntimeInfo = z.infer<typeof runtimeInfo>;

/** Where Nodes lie side by side, each in a folder of its version. */
export const runtimesIn = (root: string): string => join(root, "versions", "node-runtime");

/** A Node that lies there with a program of the size that it had, or null. */
export function findRuntime(root: string, version: string): RuntimeInfo | null {
  if (!runtimeInfo.shape.version.safeParse(version).success) return null;
  try {
    const place = join(runtimesIn(root), version);
    const info = runtimeInfo.parse(JSON.parse(readFileSync(join(place, "release.json"), "utf8")));
    const program = lstatSync(join(place, programOf(info.name)));
    return info.version === version && program.isFile() && program.size === info.size ? info : null;
  } catch {
    return null;
  }
}

/** Path of the program below a Node's folder. */
export function programOf(name: string): string {
  return join("node_modules", name, "bin", name.startsWith("node-win-") ? "node.exe" : "node");
}

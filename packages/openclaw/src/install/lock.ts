import { SmartClawError } from "@smartclaw/contracts";
import { z } from "zod";

const lockedPackage = z.looseObject({
  version: z.string().optional(),
  integrity: z.string().startsWith("sha512-").optional(),
  size: z.number().optional(),
  inBundle: z.boolean().optional(),
  os: z.array(z.string()).optional(),
  cpu: z.array(z.string()).optional(),
  libc: z.array(z.string()).optional(),
});
const lockSchema = z.looseObject({ packages: z.record(z.string(), lockedPackage) });
export type Lock = z.infer<typeof lockSchema>;

/** One tarball of a release. */
export interface LockedTarball {
  readonly name: string;
  readonly version: string;
  readonly integrity: string;
  /** Compressed bytes, 0 where the list does not say. */
  readonly size: number;
}

export interface Platform {
  readonly os: string;
  readonly cpu: string;
  readonly libc: string | null;
}

/** @throws SmartClawError INSTALL_INTEGRITY when a package has no SHA-512 hash */
export function parseLock(text: string): Lock {
  const lock = lockSchema.parse(JSON.parse(text));
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (path === "" || entry.inBundle === true || entry.integrity !== undefined) continue;
    const message = `The list of packages has no hash for ${path.replace(/^.*node_modules\//, "")}, so it is not trusted.`;
    throw new SmartClawError("INSTALL_INTEGRITY", message, "Get SmartClaw again from its source.");
  }
  return lock;
}

/** Every tarball that this platform needs, each once. Fields of package.json: `os`, `cpu`, `libc`. */
export function tarballsFor(lock: Lock, platform: Platform): LockedTarball[] {
  const found = new Map<string, LockedTarball>();
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (
      path === "" ||
      entry.inBundle === true ||
      entry.version === undefined ||
      entry.integrity === undefined
    )
      continue;
    if (!fits(entry.os, platform.os) || !fits(entry.cpu, platform.cpu)) continue;
    if (platform.libc !== null && !fits(entry.libc, platform.libc)) continue;
    const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
    found.set(`${name}@${entry.version}`, {
      name,
      version: entry.version,
      integrity: entry.integrity,
      size: entry.size ?? 0,
    });
  }
  return [...found.values()].toSorted((a, b) => b.size - a.size);
}

function fits(wanted: readonly string[] | undefined, actual: string): boolean {
  if (wanted === undefined || wanted.length === 0) return true;
  if (wanted.includes(`!${actual}`)) return false;
  return wanted.includes(actual) || wanted.every((one) => one.startsWith("!"));
}

/** Where a registry keeps a tarball: the path that npm itself and its mirrors use. */
export function tarballUrl(registry: string, name: string, version: string): string {
  return `${registry.replace(/\/+$/, "")}/${name}/-/${name.split("/").at(-1)}-${version}.tgz`;
}

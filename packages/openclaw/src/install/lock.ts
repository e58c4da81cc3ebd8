import { SmartClawError } from "@smartclaw/contracts";
import { z } from "zod";

/** Authors write a single one without a list, too, and npm passes it on. */
const machines = z.union([z.array(z.string()), z.string().transform((one) => [one])]);

const lockedPackage = z.looseObject({
  /** Where it is not the folder's: `"folder": "npm:name@1"`. */
  name: z.string().optional(),
  version: z.string().optional(),
  integrity: z.string().startsWith("sha512-").optional(),
  size: z.number().optional(),
  inBundle: z.boolean().optional(),
  os: machines.optional(),
  cpu: machines.optional(),
  libc: machines.optional(),
  hasInstallScript: z.boolean().optional(),
  /** The registry's signature was checked when the list was made. */
  signed: z.boolean().optional(),
  /** The registry had a proof of where the package was built. */
  attested: z.boolean().optional(),
});
export type LockedEntry = z.infer<typeof lockedPackage>;
const lockSchema = z.looseObject({ packages: z.record(z.string(), lockedPackage) });
export type Lock = z.infer<typeof lockSchema>;

/** A package of the list that has a tarball of its own. */
export interface LockedPackage {
  readonly path: string;
  readonly name: string;
  readonly version: string;
  readonly integrity: string;
  readonly entry: LockedEntry;
}

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

/** Every package with a tarball of its own, once for each folder it goes to. */
export function packagesOf(lock: Lock): LockedPackage[] {
  return Object.entries(lock.packages).flatMap(([path, entry]) => {
    const { version, integrity } = entry;
    if (path === "" || entry.inBundle === true || version === undefined || integrity === undefined) return [];
    return [{ path, name: nameAt(path, entry), version, integrity, entry }];
  });
}

/** `name@version`. */
export type PackageId = string;
export const idOf = ({ name, version }: { name: string; version: string }): PackageId => `${name}@${version}`;

/** The hash that each package of a list has; none when there is no list. */
export function hashesOf(lock: Lock | null): Map<PackageId, string> {
  return new Map(lock === null ? [] : packagesOf(lock).map((one) => [idOf(one), one.integrity]));
}

/** The name that the registry knows the package in `path` by. */
export function nameAt(path: string, entry: LockedEntry): string {
  return entry.name ?? path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
}

/** Every tarball that this platform needs, each once. Fields of package.json: `os`, `cpu`, `libc`. */
export function tarballsFor(lock: Lock, platform: Platform): LockedTarball[] {
  const found = new Map<string, LockedTarball>();
  for (const { name, version, integrity, entry } of packagesOf(lock)) {
    if (!fits(entry.os, platform.os) || !fits(entry.cpu, platform.cpu)) continue;
    if (platform.libc !== null && !fits(entry.libc, platform.libc)) continue;
    found.set(idOf({ name, version }), { name, version, integrity, size: entry.size ?? 0 });
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

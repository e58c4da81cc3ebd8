import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Arborist from "@npmcli/arborist";
import type { Packument } from "pacote";
import { SmartClawError } from "@smartclaw/contracts";
import { z } from "zod";
import { checkAnswers, checkSources, refusal } from "./check-tree.ts";
import type { Component } from "./component.ts";
import { installFault } from "./faults.ts";
import { type Lock, nameAt, packagesOf, parseLock } from "./lock.ts";

/** Of a package with more, what the registry says is not kept in memory: it would take most of it. */
const mostVersionsKept = 200;

export interface ResolveRequest {
  readonly component: Component;
  readonly version: string;
  /** The hash of its own tarball that was announced; null when nobody did. */
  readonly integrity: string | null;
  readonly registry: string;
  /**
   * Versions that are younger are passed over, whatever their authors say. Only where the wanted version is younger
   * itself, what is as old as that counts as well: its authors published parts of it in the same hour.
   */
  readonly before: Date | null;
  /** Everything is written here. Kept, it makes another try quicker. */
  readonly folder: string;
}

/**
 * Makes the list of every package that a version consists of today, in the form of the committed ones. What
 * a package brings inside its own tarball is not listed: the tarball's hash covers it. Nothing is installed, no tarball
 * is fetched and no program is run; npm's settings on this machine have no say.
 * @throws SmartClawError UPDATE_REFUSED when something is not from the registry, has no SHA-512 hash, or is not what was
 * announced; NETWORK_UNREACHABLE, INSTALL_FAILED, DISK_FULL
 */
export async function resolveLock(
  request: ResolveRequest,
  deps: { readonly onPackument: (bytes: number) => void },
): Promise<Lock> {
  const { folder, version } = request;
  const { name, title } = request.component;
  const what = `${title} ${version}`;
  const root = { name: `${name}-release`, private: true, dependencies: { [name]: version } };
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, "package.json"), JSON.stringify(root));
  } catch (error) {
    throw installFault(error, what);
  }
  /** When the wanted version itself was published, as the registry says; nobody signs that. */
  const published = new Map<string, Date>();
  const options = {
    path: folder,
    cache: join(folder, "cache"),
    registry: request.registry,
    packumentCache: createPackumentMemory((packument) => {
      const time = packument.time?.[version];
      if (packument.name === name && time !== undefined) published.set(version, new Date(time));
      deps.onPackument(packument._contentLength ?? 0);
    }),
    // Refused before anything is fetched; an optional one would be left out without a word, so the tree is checked too.
    allowGit: "none",
    allowRemote: "none",
    allowFile: "none",
    allowDirectory: "none",
    preferOnline: true,
    packageLock: false,
    ignoreExtension: true,
    ignoreScripts: true,
    audit: false,
    fund: false,
    save: false,
    retry: { retries: 2, factor: 6, minTimeout: 500, maxTimeout: 3_000 },
    timeout: 300_000,
  };
  const resolve = async (before: Date | null): Promise<Lock> => {
    const fault = (error: unknown, about: string): SmartClawError =>
      (before === null ? null : tooYoung(error, about)) ?? installFault(error, about);
    const arborist = new Arborist({ ...options, before });
    let tree: Arborist.Node;
    try {
      tree = await arborist.buildIdealTree();
    } catch (error) {
      // The tree as far as it came tells who needs what.
      if (arborist.idealTree) checkSources(arborist.idealTree, fault);
      throw fault(error, what);
    }
    checkSources(tree, fault);
    checkAnswers(tree);
    return checkList(listOf(tree), request);
  };

  try {
    return await resolve(request.before);
  } catch (error) {
    const own = published.get(version);
    if (request.before === null || own === undefined || !(own > request.before)) throw error;
    return await resolve(own);
  }
}

/** npm-pick-manifest's codes for a package that has no version at all, or none that fits, after the younger were passed over. */
function tooYoung(error: unknown, name: string): SmartClawError | null {
  if (!["ETARGET", "ENOVERSIONS"].includes(String((error as { code?: unknown }).code))) return null;
  return new SmartClawError(
    "INSTALL_FAILED",
    `The npm registry has no version of ${name} that fits and is old enough to be trusted.`,
    "It is tried again by itself; a bad package is usually found out soon.",
    { cause: error },
  );
}

const npmLock = z.looseObject({
  packages: z.record(z.string(), z.looseObject({ resolved: z.string().optional() })),
});

function listOf(tree: Arborist.Node): z.infer<typeof npmLock>["packages"] {
  const { packages } = npmLock.parse(JSON.parse(tree.meta?.toString() ?? "null"));
  for (const entry of Object.values(packages)) delete entry.resolved;
  return packages;
}

function checkList(packages: ReturnType<typeof listOf>, request: ResolveRequest): Lock {
  for (const [path, entry] of Object.entries(packages)) {
    // One hash: of several npm would take any that fits.
    if (path !== "" && !/^sha512-[A-Za-z0-9+/]{86}==$/.test(String(entry["integrity"])))
      throw refusal(`The npm registry gives no SHA-512 hash for ${nameAt(path, {})}`);
  }
  const { component, version, integrity } = request;
  const lock = { name: `${component.name}-release`, lockfileVersion: 3, requires: true, packages };
  const parsed = parseLock(JSON.stringify(lock));
  const main = packagesOf(parsed).find(({ path }) => path === `node_modules/${component.name}`);
  if (main?.version !== version || (integrity !== null && main.integrity !== integrity))
    throw refusal(`The npm registry gives another file for ${component.title} ${version} than it announced`);
  return parsed;
}

type Fetched = Packument & { readonly time?: Record<string, string>; readonly _contentLength?: number };

/** npm's own memory of what it fetched, told of each. */
function createPackumentMemory(onPackument: (packument: Fetched) => void): Map<string, Packument> {
  return new (class extends Map<string, Packument> {
    override set(key: string, packument: Fetched): this {
      onPackument(packument);
      return Object.keys(packument.versions).length > mostVersionsKept ? this : super.set(key, packument);
    }
  })();
}

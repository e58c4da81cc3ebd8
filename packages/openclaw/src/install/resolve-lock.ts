import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Arborist from "@npmcli/arborist";
import type { Packument } from "pacote";
import { z } from "zod";
import { checkAnswers, checkSources, refusal } from "./check-tree.ts";
import { installFault } from "./faults.ts";
import { type Lock, nameAt, packagesOf, parseLock } from "./lock.ts";

/** Of a package with more, what the registry says is not kept in memory: it would take most of it. */
const mostVersionsKept = 200;

export interface ResolveRequest {
  readonly version: string;
  /** The hash of OpenClaw's own tarball that was announced. */
  readonly integrity: string;
  readonly registry: string;
  /** Versions that are younger are passed over, whatever their authors say. */
  readonly before: Date | null;
  /** Everything is written here. Kept, it makes the next time quicker. */
  readonly folder: string;
}

/**
 * Makes the list of every package that a version of OpenClaw consists of today, in the form of the committed ones. What
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
  const what = `OpenClaw ${version}`;
  const root = { name: "openclaw-release", private: true, dependencies: { openclaw: version } };
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, "package.json"), JSON.stringify(root));
  } catch (error) {
    throw installFault(error, what);
  }
  const options = {
    path: folder,
    cache: join(folder, "cache"),
    registry: request.registry,
    packumentCache: createPackumentMemory(deps.onPackument),
    before: request.before,
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
  const arborist = new Arborist(options);
  let tree: Arborist.Node;
  try {
    tree = await arborist.buildIdealTree();
  } catch (error) {
    // The tree as far as it came tells who needs what.
    if (arborist.idealTree) checkSources(arborist.idealTree);
    throw installFault(error, what);
  }
  checkSources(tree);
  checkAnswers(tree);
  return checkList(listOf(tree), request);
}

const npmLock = z.looseObject({
  packages: z.record(z.string(), z.looseObject({ resolved: z.string().optional() })),
});

function listOf(tree: Arborist.Node): z.infer<typeof npmLock>["packages"] {
  const { packages } = npmLock.parse(JSON.parse(tree.meta?.toString() ?? "null"));
  for (const entry of Object.values(packages)) delete entry.resolved;
  return packages;
}

function checkList(packages: ReturnType<typeof listOf>, { version, integrity }: ResolveRequest): Lock {
  for (const [path, entry] of Object.entries(packages)) {
    // One hash: of several npm would take any that fits.
    if (path !== "" && !/^sha512-[A-Za-z0-9+/]{86}==$/.test(String(entry["integrity"])))
      throw refusal(`The npm registry gives no SHA-512 hash for ${nameAt(path, {})}`);
  }
  const lock = { name: "openclaw-release", lockfileVersion: 3, requires: true, packages };
  const parsed = parseLock(JSON.stringify(lock));
  const openclaw = packagesOf(parsed).find(({ path }) => path === "node_modules/openclaw");
  if (openclaw?.version !== version || openclaw.integrity !== integrity)
    throw refusal(`The npm registry gives another file for OpenClaw ${version} than it announced`);
  return parsed;
}

/** npm's own memory of what it fetched, told of each. */
function createPackumentMemory(onPackument: (bytes: number) => void): Map<string, Packument> {
  return new (class extends Map<string, Packument> {
    override set(key: string, packument: Packument & { _contentLength?: number }): this {
      onPackument(packument._contentLength ?? 0);
      return Object.keys(packument.versions).length > mostVersionsKept ? this : super.set(key, packument);
    }
  })();
}

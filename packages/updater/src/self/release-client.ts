import { createReadStream, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { TargetFile } from "@tufjs/models";
import { Updater } from "tuf-js";
import { createFaults, type Errand, type ErrandFaults } from "../find/errand-faults.ts";
import { moveDurably } from "./durable.ts";
import { addressOf, type ReleaseAddress } from "./release-address.ts";
import { documentPath, type ReleaseDocument, releaseDocument } from "./release-document.ts";
import { disbelief } from "./release-faults.ts";
import { createReleaseFetcher, type ReleaseFetcher } from "./release-fetcher.ts";
import type { ReleaseSourceDeps } from "./release-source.ts";
import { openTrusted, type TrustedMetadata } from "./trusted-metadata.ts";

/** In bytes, whatever the signed list says. */
const mostBytes = { document: 64 * 1024, archive: 256 * 1024 * 1024 };

/** What a look has shown: the newest release, as it is signed. */
export interface Look {
  readonly address: ReleaseAddress;
  readonly version: string;
  readonly node: string;
  /** For this platform. */
  readonly archive: TargetFile;
  /** Received for it. */
  readonly bytes: number;
}

/** Brings the trusted metadata up to date. One at a time. @throws SmartClawError, see `ReleaseSource` */
export async function look(deps: ReleaseSourceDeps, errand: Errand, signal: AbortSignal): Promise<Look> {
  const faults = createFaults(errand);
  const address = addressOf(deps.url, faults);
  const trusted = openOrRefuse(deps, faults);
  const folder = trusted.work;
  const fetcher = createReleaseFetcher({ ...deps, errand, faults, folder, signal, onTargetBytes() {} });
  return believing(fetcher, address.host, faults, async () => {
    const updater = new Updater({
      metadataDir: folder,
      metadataBaseUrl: address.metadata,
      fetcher,
      // Releases are signed by the targets' key alone.
      config: { maxDelegations: 0 },
    });
    try {
      await updater.refresh();
    } finally {
      // Also when it failed further on: what was good until then would else be open to a replay again.
      trusted.keep(fetcher.roots);
    }
    const target = await updater.getTargetInfo(documentPath);
    if (target === undefined) throw faults.absent(`no release was published at ${address.host} yet`);
    const { version, node, archives } = await receive(
      fetcher,
      address,
      target,
      mostBytes.document,
      faults,
      (file) => readDocument(file, address.host, faults),
    );
    const path = archives[deps.platform]?.path;
    if (path === undefined)
      throw faults.absent(
        `there is no SmartClaw ${version} for this kind of computer (${deps.platform}) at ${address.host}`,
      );
    const archive = await updater.getTargetInfo(path);
    if (archive === undefined)
      throw faults.unbelievable(`the signed list of releases at ${address.host} does not hold its archive`);
    return { address, version, node, archive, bytes: fetcher.bytes() };
  });
}

/** Fetches the archive that `found` names. One at a time. @throws SmartClawError, see `ReleaseSource` */
export async function fetchArchive(
  deps: ReleaseSourceDeps,
  errand: Errand,
  found: Look,
  to: { readonly folder: string; readonly progress: (received: number, total: number) => void },
  signal: AbortSignal,
): Promise<string> {
  const faults = createFaults(errand);
  const { address, archive } = found;
  const complete = join(to.folder, archive.path);
  // Whatever is in it was never verified.
  const folder = join(to.folder, ".receiving");
  const fetcher = createReleaseFetcher({
    ...deps,
    errand,
    faults,
    folder,
    signal,
    onTargetBytes: to.progress,
  });
  return believing(fetcher, address.host, faults, async () => {
    if (await isThere(complete, archive)) return complete;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    try {
      return await receive(fetcher, address, archive, mostBytes.archive, faults, (file) => {
        moveDurably(file, complete);
        return complete;
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

/** Hands `take` the target's file once its length and its hashes are right. */
async function receive<T>(
  fetcher: ReleaseFetcher,
  address: ReleaseAddress,
  target: TargetFile,
  mostBytes: number,
  faults: ErrandFaults,
  take: (file: string) => T,
): Promise<T> {
  const hash = target.hashes["sha256"] ?? target.hashes["sha512"];
  if (hash === undefined || target.length > mostBytes)
    throw faults.unbelievable(
      `the signed list of releases at ${address.host} has a file without a good hash, or one that is too long`,
    );
  // Its name with consistent snapshots: section 5.7.3 of the specification.
  return fetcher.downloadFile(`${address.targets}${hash}.${target.path}`, target.length, async (file) => {
    await target.verify(createReadStream(file));
    return take(file);
  });
}

async function isThere(path: string, target: TargetFile): Promise<boolean> {
  return target.verify(createReadStream(path)).then(
    () => true,
    () => false,
  );
}

function readDocument(file: string, host: string, faults: ErrandFaults): ReleaseDocument {
  let content: unknown = null;
  try {
    content = JSON.parse(readFileSync(file, "utf8"));
  } catch {}
  const parsed = releaseDocument.safeParse(content);
  if (parsed.success) return parsed.data;
  const where = String(parsed.error.issues[0]?.path[0] ?? "form");
  throw faults.unbelievable(
    `its newest release at ${host} is told of in a form that this SmartClaw does not know (${where})`,
    parsed.error,
  );
}

function openOrRefuse({ root, folder }: ReleaseSourceDeps, faults: ErrandFaults): TrustedMetadata {
  try {
    return openTrusted(root, folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== undefined) throw faults.disk(code, error);
    throw faults.unbelievable("the root metadata that it was given to trust cannot be read", error);
  }
}

/** Makes of everything that goes wrong in `work` a fault for people. */
async function believing<T>(
  fetcher: ReleaseFetcher,
  host: string,
  faults: ErrandFaults,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw disbelief(fetcher.fault() ?? error, host, faults);
  }
}

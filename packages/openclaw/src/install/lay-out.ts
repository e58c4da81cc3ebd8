import { existsSync, readFileSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Arborist from "@npmcli/arborist";
import pacote from "pacote";
import { SmartClawError } from "@smartclaw/contracts";
import { checkManifests } from "./check-manifests.ts";
import { installFault } from "./faults.ts";
import {
  type Lock,
  type LockedTarball,
  nameAt,
  parseLock,
  type Platform,
  tarballsFor,
  tarballUrl,
} from "./lock.ts";
import type { LayOutOrder } from "./messages.ts";
import type { createProgress } from "./progress.ts";

/** Fetched side by side. More does not help: the registry's one large file decides. */
const parallel = 8;

/**
 * Lays a version out in `order.staging`: every tarball by its hash from the list, unpacked without running anything, and
 * compared with the list.
 * @param neededBytes what it takes on the disk, with room to breathe
 * @returns the main package's integrity
 * @throws SmartClawError DISK_FULL, NETWORK_UNREACHABLE, INSTALL_FAILED, INSTALL_INTEGRITY
 */
export async function layOut(
  order: LayOutOrder,
  neededBytes: number,
  platform: Platform,
  progress: ReturnType<typeof createProgress>,
): Promise<string> {
  const { name, title } = order.component;
  const { bavail, bsize } = statfsSync(order.staging);
  if (bavail * bsize < neededBytes)
    throw new SmartClawError(
      "DISK_FULL",
      `${title} needs about ${neededBytes / 1_000_000} MB on the disk, and there is less.`,
      "Free some space and install again.",
    );
  const lock = existsSync(order.lockFile) ? parseLock(readFileSync(order.lockFile, "utf8")) : null;
  const tarballs = lock === null ? [] : tarballsFor(lock, platform);
  const main = tarballs.find((one) => one.name === name && one.version === order.version);
  if (lock === null || main === undefined)
    throw new SmartClawError(
      "INSTALL_FAILED",
      `There is no list of packages for ${title} ${order.version}.`,
      "Update SmartClaw.",
    );

  await fetchAll(order, tarballs, progress);
  progress.update({ stage: "unpack" });
  await unpack(order, lock);
  checkManifests(order.staging, lock);
  return main.integrity;
}

async function fetchAll(
  order: LayOutOrder,
  tarballs: readonly LockedTarball[],
  progress: ReturnType<typeof createProgress>,
): Promise<void> {
  const bytesTotal = tarballs.reduce((sum, { size }) => sum + size, 0);
  let bytesDone = 0;
  let packagesDone = 0;
  const update = (): void =>
    progress.update({
      stage: "download",
      bytesDone: Math.min(bytesDone, bytesTotal),
      bytesTotal,
      packagesDone,
      packagesTotal: tarballs.length,
    });
  const waiting = [...tarballs];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { name, version, integrity } = next;
      try {
        await pacote.tarball.stream(
          tarballUrl(order.registry, name, version),
          async (stream) => {
            for await (const chunk of stream as AsyncIterable<Buffer>) {
              bytesDone += chunk.length;
              update();
            }
          },
          {
            cache: order.cache,
            integrity,
            registry: order.registry,
            retry: { retries: 3, factor: 6, minTimeout: 500, maxTimeout: 3_000 },
            timeout: 60_000,
          },
        );
      } catch (error) {
        throw installFault(error, `${name} ${version}`);
      }
      packagesDone++;
      update();
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  progress.update({ stage: "verify", bytesDone: bytesTotal, packagesDone });
}

/** Lays the tree out from the cache, checking every hash again. Nothing is fetched and no script runs. */
async function unpack(order: LayOutOrder, lock: Lock): Promise<void> {
  const packages = Object.fromEntries(
    Object.entries(lock.packages).map(([path, listed]) => {
      const { size: _size, signed: _signed, attested: _attested, ...entry } = listed;
      const resolved =
        path === "" || entry.inBundle === true
          ? {}
          : { resolved: tarballUrl(order.registry, nameAt(path, listed), entry.version ?? "") };
      return [path, { ...entry, ...resolved }];
    }),
  );
  const { name, title } = order.component;
  const root = {
    name: `${name}-release`,
    version: "1.0.0",
    private: true,
    dependencies: { [name]: order.version },
  };
  writeFileSync(join(order.staging, "package.json"), JSON.stringify(root));
  writeFileSync(join(order.staging, "package-lock.json"), JSON.stringify({ ...lock, packages }));
  try {
    const tree = new Arborist({
      path: order.staging,
      cache: order.cache,
      registry: order.registry,
      ignoreScripts: true,
      preferOffline: true,
      audit: false,
      fund: false,
      save: false,
    });
    await tree.reify({ save: false });
  } catch (error) {
    throw installFault(error, `${title} ${order.version}`);
  }
}

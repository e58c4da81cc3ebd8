import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { syncFolder } from "../releases/sync-folder.ts";
import { installFault } from "./faults.ts";
import { inParallel } from "./in-parallel.ts";
import { judgeLock } from "./judge-lock.ts";
import {
  idOf,
  type Lock,
  type PackageId,
  packagesOf,
  parseLock,
  type Platform,
  tarballsFor,
} from "./lock.ts";
import { npmKeys } from "./npm-keys.ts";
import type { createProgress } from "./progress.ts";
import { recordChecks } from "./record-checks.ts";
import { createRegistryReader, type RegistryReader } from "./registry-reader.ts";
import { checkSignatures } from "./registry-signatures.ts";
import { resolveLock } from "./resolve-lock.ts";
import type { ResolveMessage, ResolveOrder } from "./resolve-messages.ts";

const parallel = 8;

/**
 * Makes the list of packages for a version that has none, judges it, and writes it where the order says: to `lockFile`
 * when it is trusted, to `heldFile` when the user has to decide, nowhere when it is refused.
 * @throws SmartClawError UPDATE_REFUSED when the list cannot even be made of trusted parts; NETWORK_UNREACHABLE,
 * INSTALL_FAILED, DISK_FULL when it could not be found out
 */
export async function resolveRelease(
  order: ResolveOrder,
  platform: Platform,
  progress: ReturnType<typeof createProgress>,
  deps: { readonly fetch: typeof fetch; readonly now: () => number },
): Promise<Omit<Extract<ResolveMessage, { type: "done" }>, "type">> {
  const earlier = order.earlierFile === null ? null : parseLock(readFileSync(order.earlierFile, "utf8"));
  let bytesDone = 0;
  let packagesDone = 0;
  const received = (bytes: number): void => progress.update({ bytesDone: (bytesDone += bytes) });
  const reader = createRegistryReader({ registry: order.registry, fetch: deps.fetch, received });

  progress.update({ stage: "resolve" });
  const before = order.before === null ? null : new Date(order.before);
  const next = await resolveLock(
    { ...order, before },
    {
      onPackument(bytes) {
        packagesDone++;
        progress.update({ packagesDone });
        received(bytes);
      },
    },
  );
  // 70 MB. After a failure it is kept, so that another try does not fetch it again.
  await rm(join(order.folder, "cache"), { recursive: true, force: true });
  progress.update({ stage: "verify", packagesDone: 0 });
  const signatures = await checkSignatures({ earlier, next }, order.keys ?? npmKeys(), {
    reader,
    now: deps.now,
    onProgress: (done, total) => progress.update({ packagesDone: done, packagesTotal: total }),
  });
  const judged = judgeLock({ earlier, next, signatures, registrySigns: order.registrySigns });
  if (judged.verdict === "refused") return { verdict: "refused", reasons: [judged.reason], lockFile: null };

  const list = await addSizes(recordChecks(next, earlier, signatures), platform, reader);
  const held = judged.verdict === "hold";
  const lockFile = held ? order.heldFile : order.lockFile;
  writeList(lockFile, list);
  return { verdict: judged.verdict, reasons: held ? [...judged.reasons] : [], lockFile };
}

/** Asks for the sizes that no earlier list tells, of what this platform will download: they make progress exact. */
async function addSizes(list: Lock, platform: Platform, reader: RegistryReader): Promise<Lock> {
  const sizes = new Map<PackageId, number>();
  const unknown = tarballsFor(list, platform).filter(({ size }) => size === 0);
  await inParallel(unknown, parallel, async ({ name, version }) => {
    const size = await reader.size(name, version);
    if (size !== undefined) sizes.set(idOf({ name, version }), size);
  });
  const packages = { ...list.packages };
  for (const one of packagesOf(list)) {
    const size = sizes.get(idOf(one));
    if (size !== undefined) packages[one.path] = { ...one.entry, size };
  }
  return { ...list, packages };
}

/** Whole and durable, or not at all. */
function writeList(path: string, { packages, ...head }: Lock): void {
  try {
    const text = `${JSON.stringify({ ...head, packages }, null, 1)}\n`;
    writeFileSync(`${path}.next`, text, { mode: 0o600, flush: true });
    renameSync(`${path}.next`, path);
    syncFolder(dirname(path));
  } catch (error) {
    throw installFault(error, "The list of packages");
  }
}

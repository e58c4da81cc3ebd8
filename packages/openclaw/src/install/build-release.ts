import { spawn } from "node:child_process";
import { existsSync, readFileSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Arborist from "@npmcli/arborist";
import pacote from "pacote";
import { SmartClawError } from "@smartclaw/contracts";
import { z } from "zod";
import { type FolderCount, noteContents } from "../releases/contents.ts";
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
import type { InstallOrder } from "./messages.ts";
import type { createProgress } from "./progress.ts";

/** Fetched side by side. More does not help: the registry's one large file decides. */
const parallel = 8;
/** An unpacked release (650 MB), and room to breathe. */
const neededBytes = 900_000_000;
const scriptTimeoutMs = 120_000;

/**
 * The install scripts that may run; every other package's are never started. OpenClaw's checks its own files; those of
 * its dependencies (koffi, protobufjs, @google/genai) only build what is shipped ready, or print.
 */
const allowedScripts: readonly { readonly package: string; readonly script: readonly string[] }[] = [
  { package: "openclaw", script: ["scripts/postinstall-bundled-plugins.mjs"] },
];

const manifest = z.looseObject({
  name: z.literal("openclaw"),
  version: z.string(),
  engines: z.object({ node: z.string() }),
});

/**
 * Builds a complete release in `order.staging`: every tarball by its hash from the list, unpacked without running
 * anything and compared with it, then the allowed scripts; and a list of what is there then, by which a later loss is
 * seen.
 * @throws SmartClawError
 */
export async function buildRelease(
  order: InstallOrder,
  platform: Platform,
  progress: ReturnType<typeof createProgress>,
): Promise<{ integrity: string; node: string; counts: FolderCount[] }> {
  const { bavail, bsize } = statfsSync(order.staging);
  if (bavail * bsize < neededBytes)
    throw new SmartClawError(
      "DISK_FULL",
      "OpenClaw needs about 900 MB on the disk, and there is less.",
      "Free some space and install again.",
    );
  const lock = existsSync(order.lockFile) ? parseLock(readFileSync(order.lockFile, "utf8")) : null;
  const tarballs = lock === null ? [] : tarballsFor(lock, platform);
  const openclaw = tarballs.find((one) => one.name === "openclaw" && one.version === order.version);
  if (lock === null || openclaw === undefined)
    throw new SmartClawError(
      "INSTALL_FAILED",
      `There is no list of packages for OpenClaw ${order.version}.`,
      "Update SmartClaw.",
    );

  await fetchAll(order, tarballs, progress);
  progress.update({ stage: "unpack" });
  await unpack(order, lock);
  checkManifests(order.staging, lock);
  progress.update({ stage: "scripts" });
  for (const { package: name, script } of allowedScripts)
    await runScript(join(order.staging, "node_modules", name), name, script);
  const info = manifest.parse(
    JSON.parse(readFileSync(join(order.staging, "node_modules", "openclaw", "package.json"), "utf8")),
  );
  if (info.version !== order.version)
    throw new SmartClawError(
      "INSTALL_INTEGRITY",
      `The package says that it is OpenClaw ${info.version}.`,
      "Install again.",
    );
  progress.update({ stage: "publish" });
  const counts = await noteContents(order.staging);
  return { integrity: openclaw.integrity, node: info.engines.node, counts };
}

async function fetchAll(
  order: InstallOrder,
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
async function unpack(order: InstallOrder, lock: Lock): Promise<void> {
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
  const root = {
    name: "openclaw-release",
    version: "1.0.0",
    private: true,
    dependencies: { openclaw: order.version },
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
    throw installFault(error, `OpenClaw ${order.version}`);
  }
}

function runScript(folder: string, name: string, script: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const environment = {
      PATH: process.env["PATH"] ?? "",
      HOME: folder,
      npm_config_user_agent: "npm",
      npm_lifecycle_event: "postinstall",
    };
    const child = spawn(process.execPath, script, {
      cwd: folder,
      env: environment,
      stdio: "ignore",
      timeout: scriptTimeoutMs,
    });
    const fail = (): void =>
      reject(
        new SmartClawError(
          "INSTALL_FAILED",
          `The install step of ${name} failed.`,
          "Install again; if it stays, look at `smartclaw logs`.",
        ),
      );
    child.once("error", fail);
    child.once("close", (code) => (code === 0 ? resolve() : fail()));
  });
}

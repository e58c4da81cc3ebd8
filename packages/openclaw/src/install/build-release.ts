import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SmartClawError } from "@smartclaw/contracts";
import { z } from "zod";
import { type FolderCount, noteContents } from "../releases/contents.ts";
import { makeReadOnly } from "../releases/read-only.ts";
import { layOut } from "./lay-out.ts";
import type { Platform } from "./lock.ts";
import type { ReleaseOrder } from "./messages.ts";
import type { createProgress } from "./progress.ts";
import { keepTarballsOf } from "./prune-cache.ts";

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
 * seen. Everything in it is read-only from then on.
 * @throws SmartClawError
 */
export async function buildRelease(
  order: ReleaseOrder,
  platform: Platform,
  progress: ReturnType<typeof createProgress>,
): Promise<{ integrity: string; node: string; counts: FolderCount[] }> {
  const integrity = await layOut(order, neededBytes, platform, progress);
  progress.update({ stage: "scripts" });
  for (const { package: name, script } of allowedScripts)
    await runScript(order.nodePath, join(order.staging, "node_modules", name), name, script);
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
  makeReadOnly(order.staging, platform.os);
  await keepTarballsOf(order.cache, [order.lockFile, ...order.kept]);
  return { integrity, node: info.engines.node, counts };
}

function runScript(nodePath: string, folder: string, name: string, script: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const environment = {
      PATH: process.env["PATH"] ?? "",
      HOME: folder,
      npm_config_user_agent: "npm",
      npm_lifecycle_event: "postinstall",
    };
    const child = spawn(nodePath, script, {
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

import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensureLauncher } from "./launcher.mjs";
import { withLock } from "./lock.mjs";
import { cache, root } from "./places.mjs";
import { run, say, Stop } from "./process.mjs";

const stamp = join(root, "node_modules", ".smartclaw-stamp");

function lockHash() {
  return createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
}

function current() {
  return existsSync(stamp) && readFileSync(stamp, "utf8") === lockHash();
}

/** Installs the exact dependencies of the lock file, unless they are there. No dependency runs code at install time. */
export async function ensureDependencies() {
  if (!current()) await install();
  ensureLauncher();
}

async function install() {
  await withLock(join(cache, "dependencies.lock"), async () => {
    if (current()) return;
    say("Fetching SmartClaw's own dependencies …");
    // Not `npm ci`: that refuses a lock file without every optional package of every platform, and some registries
    // lack one of those. This keeps to the lock file's versions and hashes as well, and does not write it.
    const command = ["npm", "install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"];
    const { code, output } = await run(command, {
      cwd: root,
      timeoutMs: 900_000,
    });
    if (code !== 0)
      throw new Stop(
        `SmartClaw's dependencies could not be fetched from the npm registry.\n${firstErrors(output)}\nCheck the internet connection and run the same command again.`,
      );
    writeFileSync(stamp, lockHash());
  });
}

/** What npm itself named as the reason; its usage text follows it. @param {string} output */
function firstErrors(output) {
  const errors = output
    .split("\n")
    .filter((line) => line.startsWith("npm error") && line.trim() !== "npm error");
  return errors.slice(0, 6).join("\n");
}

import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "./lock.mjs";
import { cache, root } from "./places.mjs";
import { run, say, Stop, tail } from "./process.mjs";

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
  if (current()) return;
  await withLock(join(cache, "dependencies.lock"), async () => {
    if (current()) return;
    say("Fetching SmartClaw's own dependencies …");
    const { code, output } = await run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], {
      cwd: root,
      timeoutMs: 900_000,
    });
    if (code !== 0)
      throw new Stop(
        `SmartClaw's dependencies could not be fetched from the npm registry.\n${tail(output, 12)}\nCheck the internet connection and run the same command again.`,
      );
    writeFileSync(stamp, lockHash());
  });
}

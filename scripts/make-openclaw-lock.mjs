// Makes packages/openclaw/locks/openclaw-VERSION.json: every package of an OpenClaw release with its hash and size.
// Run by a maintainer when a new default version is chosen: `node scripts/make-openclaw-lock.mjs 2026.9.6`.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./lib/places.mjs";
import { main, run, Stop, tail } from "./lib/process.mjs";
import cacache from "cacache";

await main(async () => {
  const [version = ""] = process.argv.slice(2);
  const folder = mkdtempSync(join(tmpdir(), "openclaw-lock-"));
  const cache = join(folder, "cache");
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ name: "openclaw-release", private: true, dependencies: { openclaw: version } }),
  );
  const { code, output } = await run(
    ["npm", "install", "--ignore-scripts", "--cache", cache, "--no-audit", "--no-fund"],
    { cwd: folder },
  );
  if (code !== 0) throw new Stop(tail(output, 20));
  /** @type {Record<string, number>} */
  const sizes = {};
  for (const { integrity, size } of Object.values(await cacache.ls(join(cache, "_cacache"))))
    sizes[integrity] = size;
  const { packages } = JSON.parse(readFileSync(join(folder, "package-lock.json"), "utf8"));
  for (const entry of Object.values(packages)) {
    delete entry.resolved;
    const size = sizes[entry.integrity];
    if (size !== undefined) entry.size = size;
  }
  const lock = { name: "openclaw-release", lockfileVersion: 3, requires: true, packages };
  writeFileSync(
    join(root, "packages", "openclaw", "locks", `openclaw-${version}.json`),
    `${JSON.stringify(lock, null, 1)}\n`,
  );
  rmSync(folder, { recursive: true });
  return 0;
});

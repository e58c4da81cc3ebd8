// `make-release.ts FOLDER [--version V]`: packs SmartClaw for this kind of computer into FOLDER, and prints the archive's
// path. The Node runtime is not in it. To be published with make-update-repository.ts.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ensureBuild } from "./lib/build.mjs";
import { packRelease } from "./lib/pack-release.ts";
import { root } from "./lib/places.mjs";
import { main, Stop } from "./lib/process.mjs";

await main(async () => {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { version: { type: "string" } },
  });
  const [folder] = positionals;
  if (folder === undefined || positionals.length > 1)
    throw new Stop("usage: make-release.ts FOLDER [--version V]");
  await ensureBuild();
  const own = JSON.parse(readFileSync(join(root, "apps", "desktop", "package.json"), "utf8"));
  process.stdout.write(`${packRelease(values.version ?? own.version, folder)}\n`);
  return 0;
});

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { withLock } from "./lock.mjs";
import { cache, desktopBuild, root, webBuild } from "./places.mjs";
import { run, say, Stop, tail } from "./process.mjs";
import { findRuntime } from "./runtime.mjs";

/**
 * @typedef {{ name: string, output: string, sources: readonly string[], command: readonly string[] }} Target
 */

/** @returns {Target[]} */
function targets() {
  const node = findRuntime();
  const shared = ["package-lock.json", "packages"];
  return [
    {
      name: "web page",
      output: webBuild,
      sources: [...shared, "apps/web"],
      command: [
        node,
        join(root, "node_modules", "vite", "bin", "vite.js"),
        "build",
        "--logLevel",
        "warn",
        join(root, "apps", "web"),
      ],
    },
    {
      name: "daemon",
      output: desktopBuild,
      sources: [...shared, "apps/desktop"],
      command: [
        node,
        join(root, "node_modules", "rolldown", "bin", "cli.mjs"),
        "-c",
        join(root, "apps", "desktop", "rolldown.config.js"),
      ],
    },
  ];
}

/** A digest of every source file. @param {readonly string[]} sources */
function digestOf(sources) {
  const hash = createHash("sha256");
  const visit = (/** @type {string} */ path) => {
    const files = readdirSync(path, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of files) {
      if (["node_modules", "dist"].includes(entry.name) || /\.test\.tsx?$/.test(entry.name)) continue;
      const child = join(path, entry.name);
      if (entry.isDirectory()) visit(child);
      else if (entry.isFile()) hash.update(child.slice(root.length)).update("\0").update(readFileSync(child));
    }
  };
  for (const source of sources) {
    const path = join(root, source);
    if (source.endsWith(".json")) hash.update(readFileSync(path));
    else visit(path);
  }
  return hash.digest("hex");
}

/** Builds the web page and the daemon where their sources have changed, side by side. */
export async function ensureBuild() {
  await withLock(join(cache, "build.lock"), async () => {
    await Promise.all(
      targets().map(async ({ name, output, sources, command }) => {
        const digest = digestOf(sources);
        const stamp = join(cache, "build", name.replaceAll(" ", "-"));
        if (existsSync(output) && existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return;
        say(`Building the ${name} …`);
        const result = await run(command, { cwd: root, timeoutMs: 300_000 });
        if (result.code !== 0) throw new Stop(`The ${name} could not be built.\n${tail(result.output, 30)}`);
        mkdirSync(dirname(stamp), { recursive: true });
        writeFileSync(stamp, digest);
      }),
    );
  });
}

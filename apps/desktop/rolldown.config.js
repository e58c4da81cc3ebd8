import { cpSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "rolldown";
import { externalPackages } from "./external-packages.js";
import { nodeBuiltins } from "./node-builtins.js";

const here = fileURLToPath(new URL(".", import.meta.url));
const output = join(here, "dist");
const openclaw = join(here, "..", "..", "packages", "openclaw", "src");

/** Programs that run inside or beside OpenClaw are whole in one file and lie next to the bundle as they are. */
function copyAssets() {
  return {
    name: "copy-assets",
    writeBundle() {
      const files = readdirSync(openclaw, { recursive: true, encoding: "utf8" });
      for (const file of files.filter((name) => name.endsWith(".mjs")))
        cpSync(join(openclaw, file), join(output, file.split(/[\\/]/).at(-1) ?? ""));
      cpSync(join(here, "src", "daemon", "version.json"), join(output, "version.json"));
      cpSync(join(here, "..", "..", "packages", "openclaw", "locks"), join(output, "locks"), {
        recursive: true,
      });
    },
  };
}

rmSync(output, { recursive: true, force: true });

export default defineConfig({
  input: {
    daemon: join(here, "src/daemon/entry.ts"),
    cli: join(here, "src/cli/entry.ts"),
    "self-watcher": join(here, "src/self/watcher.ts"),
    "keystore-child": join(here, "../../packages/vault/src/keystore-child.ts"),
    "install-child": join(here, "../../packages/openclaw/src/install/child.ts"),
    "resolve-child": join(here, "../../packages/openclaw/src/install/resolve-child.ts"),
  },
  platform: "node",
  external: [/^node:/, ...externalPackages],
  output: {
    dir: output,
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: "[name]-[hash].js",
    minify: false,
  },
  plugins: [nodeBuiltins(), copyAssets()],
});

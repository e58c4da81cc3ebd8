// `node scripts/run.mjs FILE.ts [ARGS]`: runs a program of the checkout, set up first. stdout is the program's alone.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { ensureBuild } from "./lib/build.mjs";
import { ensureDependencies } from "./lib/dependencies.mjs";
import { root } from "./lib/places.mjs";
import { main } from "./lib/process.mjs";
import { findRuntime } from "./lib/runtime.mjs";

await main(async () => {
  await ensureDependencies();
  await ensureBuild();
  const [file = "", ...args] = process.argv.slice(2);
  const child = spawn(findRuntime(), [join(root, file), ...args], { stdio: "inherit" });
  return new Promise((resolve) => child.on("close", (code) => resolve(code ?? 1)));
});

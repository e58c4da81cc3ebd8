// `npm start`: brings what is missing, then starts SmartClaw. Needs nothing but Node 20 and npm.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { ensureBuild } from "./lib/build.mjs";
import { ensureDependencies } from "./lib/dependencies.mjs";
import { desktopBuild } from "./lib/places.mjs";
import { main } from "./lib/process.mjs";
import { findRuntime } from "./lib/runtime.mjs";
import { ensureSystemPackages } from "./lib/system-packages.mjs";

await main(async () => {
  const packages = ensureSystemPackages(["bubblewrap", "socat", "keyring", "dbus"]);
  await ensureDependencies();
  await ensureBuild();
  await packages;
  const child = spawn(
    findRuntime(),
    [join(desktopBuild, "cli.js"), "start", "--follow", ...process.argv.slice(2)],
    { stdio: "inherit" },
  );
  // Ctrl-C reaches the child by itself; this process only waits for its exit code.
  process.on("SIGINT", () => {});
  return new Promise((resolve) => child.on("close", (code) => resolve(code ?? 1)));
});

#!/usr/bin/env node
// Finds the Node runtime that SmartClaw needs and hands the command line over to it.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { findRuntime } from "../../../scripts/lib/runtime.mjs";

const cli = fileURLToPath(new URL("../dist/cli.js", import.meta.url));
if (!existsSync(cli)) {
  process.stderr.write("SmartClaw is not set up in this checkout yet. Run `npm start` once.\n");
  process.exit(1);
}
const child = spawn(findRuntime(), [cli, ...process.argv.slice(2)], { stdio: "inherit" });
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]))
  process.on(signal, () => child.kill(signal));
child.on("close", (code, signal) => process.exit(signal === null ? (code ?? 1) : 130));

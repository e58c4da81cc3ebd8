import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { SmartClawError } from "@smartclaw/contracts";
import { createReleases, createRuntimes } from "@smartclaw/openclaw";
import { repairRuntime } from "./repair-runtime.ts";

/** OpenClaw 1.0.0, which runs on what `range` says, is live on the Node that the pointer names. */
function newHouse(t: TestContext, { node = "28.1.0", range = ">=28", installed = [] as readonly string[] }) {
  const root = mkdtempSync(join(tmpdir(), "sc-repair-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const { platform } = process;
  const releases = createReleases({ root, platform });
  const place = join(root, "versions", "openclaw", "1.0.0");
  mkdirSync(place, { recursive: true });
  const info = { name: "openclaw", version: "1.0.0", integrity: "sha512-", node: range, installedAt: 1 };
  writeFileSync(join(place, "release.json"), JSON.stringify(info));
  releases.activate({ openclaw: "1.0.0", node, state: "1.0.0-now" });
  const runtimes = createRuntimes({
    root,
    bundled: { path: process.execPath, version: "26.10.0" },
    platform,
  });
  const asked: string[] = [];
  const said: unknown[] = [];
  const nodes = {
    runtimes: {
      ...runtimes,
      isWhole: (version: string) => installed.includes(version),
      list: () =>
        installed.map((version) => ({
          name: "node",
          version,
          integrity: "sha512-",
          size: 1,
          installedAt: 1,
        })),
    },
    tidy: () => Promise.resolve(),
    ensure(version: string, insisted: boolean): Promise<void> {
      asked.push(`${version}${insisted ? ", insisted" : ""}`);
      return Promise.reject(new SmartClawError("NETWORK_UNREACHABLE", "Nobody answers.", "Wait."));
    },
  };
  const log = { info() {}, warn: (fields: object) => void said.push(fields), error() {} };
  const repair = (mayChange = true): Promise<void> =>
    repairRuntime({ releases, nodes, mayChange, log }, () => {}, new AbortController().signal);
  return { releases, asked, said, repair };
}

for (const [what, house] of [
  ["SmartClaw's own Node", { node: "bundled" }],
  ["a Node that is there", { installed: ["28.1.0"] }],
] as const)
  test(`with ${what} nothing is to be done`, async (t) => {
    const { releases, asked, said, repair } = newHouse(t, house);
    const before = releases.named();
    await repair();
    assert.deepEqual([releases.named(), asked, said], [before, [], []]);
  });

for (const [what, house, node] of [
  ["SmartClaw's own", { range: ">=26" }, "bundled"],
  ["another that is there", { installed: ["24.1.0", "28.2.0"] }, "28.2.0"],
] as const)
  test(`a lost Node gives way to ${what}, when the release runs on it; the log says so`, async (t) => {
    const { releases, asked, said, repair } = newHouse(t, house);
    await repair();
    assert.deepEqual(releases.named(), { format: 1, openclaw: "1.0.0", node, state: "1.0.0-now" });
    const version = node === "bundled" ? "26.10.0" : node;
    assert.deepEqual([asked, said], [[], [{ lost: "28.1.0", node: version, openclaw: "1.0.0" }]]);
  });

for (const [what, house, mayChange] of [
  ["the release runs on no other", { installed: ["24.1.0"] }, true],
  ["an update is under way", { range: ">=26" }, false],
] as const)
  test(`a lost Node is fetched again when ${what}; a fault is told and changes nothing`, async (t) => {
    const { releases, asked, said, repair } = newHouse(t, house);
    const before = releases.named();
    await assert.rejects(repair(mayChange), { code: "NETWORK_UNREACHABLE" });
    assert.deepEqual([releases.named(), asked, said], [before, ["28.1.0"], []]);
  });

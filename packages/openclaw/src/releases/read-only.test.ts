import assert from "node:assert/strict";
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { makeReadOnly, removeReadOnly } from "./read-only.ts";
import { createReleases } from "./releases.ts";
import { becomeNobody } from "./testing/become-nobody.ts";

const { platform } = process;
becomeNobody();
const home = mkdtempSync(join(tmpdir(), "sc-read-only-"));
after(() => removeReadOnly(home, platform));

const skip = platform === "win32" && "Windows has no such right of folders";
const modeOf = (path: string): string => (lstatSync(path).mode & 0o777).toString(8);
const denied = { code: "EACCES" };

/** Fills a folder with what a release consists of. */
function fill(root: string): string {
  mkdirSync(join(root, "node_modules", "openclaw", "dist"), { recursive: true, mode: 0o755 });
  mkdirSync(join(root, "node_modules", ".bin"), { mode: 0o755 });
  writeFileSync(join(root, "node_modules", "openclaw", "dist", "part.mjs"), "export {};", { mode: 0o644 });
  writeFileSync(join(root, "node_modules", "openclaw", "openclaw.mjs"), "", { mode: 0o755 });
  writeFileSync(join(root, "node_modules", "openclaw", "package.json"), '{"version":"1.0.0"}', {
    mode: 0o600,
  });
  symlinkSync(join("..", "openclaw", "openclaw.mjs"), join(root, "node_modules", ".bin", "openclaw"));
  return root;
}

function newReleases() {
  const root = mkdtempSync(join(home, "releases-"));
  const releases = createReleases({ root, platform });
  const release = join(root, "versions", "openclaw", "1.0.0");
  const publish = (): void => {
    const staging = fill(releases.staging("1.0.0"));
    makeReadOnly(staging, platform);
    releases.publish(staging, {
      name: "openclaw",
      version: "1.0.0",
      integrity: "sha512-",
      node: "*",
      installedAt: 1,
      counts: [],
    });
  };
  publish();
  return { root, releases, release, publish };
}

test("nothing in a published release can be changed, added, or taken out", { skip }, () => {
  const { release } = newReleases();
  const openclaw = join(release, "node_modules", "openclaw");
  assert.throws(() => appendFileSync(join(openclaw, "dist", "part.mjs"), "spoilt"), denied);
  assert.throws(() => appendFileSync(join(release, "release.json"), "spoilt"), denied);
  for (const folder of [release, join(release, "node_modules"), openclaw, join(openclaw, "dist")]) {
    assert.throws(() => writeFileSync(join(folder, "new"), ""), denied, folder);
    assert.throws(() => rmSync(folder, { recursive: true }), denied, folder);
  }
  assert.equal(readFileSync(join(openclaw, "dist", "part.mjs"), "utf8"), "export {};");
});

test(
  "what could be read and run still can, and what a link leads to outside keeps its mode",
  { skip },
  () => {
    const root = fill(mkdtempSync(join(home, "modes-")));
    const outside = join(home, "outside");
    mkdirSync(outside);
    writeFileSync(join(outside, "file"), "", { mode: 0o640 });
    symlinkSync(outside, join(root, "node_modules", "folder"));
    symlinkSync(join(outside, "file"), join(root, "node_modules", "file"));
    symlinkSync("..", join(root, "node_modules", "circle"));
    makeReadOnly(root, platform);
    const openclaw = join(root, "node_modules", "openclaw");
    assert.deepEqual(
      ["", "dist", "dist/part.mjs", "openclaw.mjs", "package.json"].map((path) =>
        modeOf(join(openclaw, path)),
      ),
      ["555", "555", "444", "555", "400"],
    );
    assert.equal(modeOf(join(outside, "file")), "640");
    assert.equal(modeOf(root), "700", "it has to be moved yet");
  },
);

test("on Windows folders are left alone", { skip }, () => {
  const root = fill(mkdtempSync(join(home, "windows-")));
  makeReadOnly(root, "win32");
  const openclaw = join(root, "node_modules", "openclaw");
  assert.deepEqual([modeOf(openclaw), modeOf(join(openclaw, "openclaw.mjs"))], ["755", "555"]);
});

test("a damaged release is replaced, and what was replaced is swept away", async () => {
  const { root, releases, release, publish } = newReleases();
  releases.activate({ openclaw: "1.0.0", node: "bundled", state: "openclaw" });
  publish();
  assert.equal(releases.live()?.openclaw, "1.0.0");
  if (skip === false) assert.equal(modeOf(release), "500");
  assert.equal(readdirSync(join(root, "versions", ".staging")).length, 1);
  await releases.sweep();
  assert.ok(!existsSync(join(root, "versions", ".staging")));
  await releases.sweep();
});

test("a release is removed, also when a removal was cut off before; the live one is not", async () => {
  const { root, releases, release, publish } = newReleases();
  releases.activate({ openclaw: "1.0.0", node: "bundled", state: "openclaw" });
  await releases.remove("1.0.0");
  assert.ok(existsSync(release));
  rmSync(join(root, "live.json"));
  cpSync(release, join(root, "versions", ".staging", "1.0.0.removed"), { recursive: true });
  await releases.remove("1.0.0");
  assert.deepEqual(releases.list(), []);
  assert.deepEqual(readdirSync(join(root, "versions", ".staging")), []);
  publish();
  assert.equal(releases.list().length, 1);
});

test("a copy of a release can be removed, and one that is only linked to keeps its own rights", async () => {
  const { root, releases, release } = newReleases();
  const copy = join(root, "copy");
  cpSync(release, copy, { recursive: true, verbatimSymlinks: true });
  const other = createReleases({ root: join(root, "other"), platform });
  mkdirSync(join(root, "other", "versions", "openclaw"), { recursive: true });
  symlinkSync(copy, join(root, "other", "versions", "openclaw", "1.0.0"));
  const before = modeOf(copy);
  await other.remove("1.0.0");
  assert.deepEqual(other.list(), []);
  assert.deepEqual([modeOf(copy), releases.list().length], [before, 1]);
  await removeReadOnly(copy, platform);
  assert.ok(!existsSync(copy));
  await removeReadOnly(copy, platform);
});

test("a folder that not even its owner can enter is removed", { skip }, async () => {
  const root = fill(mkdtempSync(join(home, "closed-")));
  chmodSync(join(root, "node_modules"), 0);
  await removeReadOnly(root, platform);
  assert.ok(!existsSync(root));
});

import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { create } from "tar";
import { layOut, listReleases, removeRelease } from "./lay-out.ts";
import { isReleaseThere, releaseFolder } from "./programs.ts";

const root = mkdtempSync(join(tmpdir(), "sc-layout-"));
after(() => rmSync(root, { recursive: true, force: true }));
let count = 0;

/** An archive like `scripts/make-release.ts` makes, of what little is looked at. */
async function makeArchive(
  manifest: object,
  extra: (folder: string) => void = () => {},
  options: object = {},
): Promise<string> {
  const folder = join(root, `source-${++count}`);
  const dist = join(folder, "package", "apps", "desktop", "dist");
  mkdirSync(dist, { recursive: true });
  writeFileSync(join(folder, "package", "package.json"), JSON.stringify(manifest));
  writeFileSync(join(dist, "daemon.js"), "export {};\n", { mode: 0o777 });
  extra(folder);
  const archive = join(root, `${count}.tgz`);
  await create({ file: archive, cwd: folder, gzip: true, portable: true, ...options }, ["package"]);
  return archive;
}

const manifest = { name: "smartclaw", version: "2.0.0", engines: { node: ">=24" } };
const nodeVersion = "26.10.0";
const fresh = (): string => mkdtempSync(join(root, "releases-"));

test("an archive becomes a release that nobody writes to, and that can be removed", async () => {
  const releases = fresh();
  await layOut({ archive: await makeArchive(manifest), releases, version: "2.0.0", nodeVersion });
  assert.ok(isReleaseThere(releases, "2.0.0"));
  const folder = releaseFolder(releases, "2.0.0");
  const program = join(folder, "apps", "desktop", "dist", "daemon.js");
  assert.equal(statSync(program).mode & 0o777, 0o444);
  assert.equal(statSync(join(folder, "apps")).mode & 0o777, 0o555);
  assert.deepEqual(listReleases(releases), ["2.0.0"]);
  await removeRelease(folder);
  assert.deepEqual(listReleases(releases), []);
});

test("what says that it is another release, or another program, or needs another Node, is refused", async () => {
  for (const wrong of [
    { ...manifest, version: "2.0.1" },
    { ...manifest, name: "openclaw" },
    { ...manifest, engines: { node: ">=99" } },
    { ...manifest, engines: {} },
    {},
  ]) {
    const releases = fresh();
    await assert.rejects(
      layOut({ archive: await makeArchive(wrong), releases, version: "2.0.0", nodeVersion }),
      { code: "UPDATE_REFUSED" },
    );
    assert.equal(isReleaseThere(releases, "2.0.0"), false);
  }
});

test("no link comes out of an archive, and nothing lands beside its folder", async () => {
  const releases = fresh();
  const archive = await makeArchive(manifest, (folder) => {
    symlinkSync("/etc", join(folder, "package", "apps", "etc"));
  });
  await layOut({ archive, releases, version: "2.0.0", nodeVersion });
  assert.equal(existsSync(join(releaseFolder(releases, "2.0.0"), "apps", "etc")), false);
  const outside = await makeArchive(manifest, () => {}, {
    preservePaths: true,
    onWriteEntry: (entry: { path: string }) => {
      if (entry.path.endsWith("daemon.js")) entry.path = "package/../../../../escaped.js";
    },
  });
  const second = fresh();
  await assert.rejects(layOut({ archive: outside, releases: second, version: "2.0.0", nodeVersion }));
  assert.equal(existsSync(join(root, "escaped.js")), false);
  assert.equal(isReleaseThere(second, "2.0.0"), false);
});

test("an archive that ends too soon leaves no release, and what was left half is replaced", async () => {
  const releases = fresh();
  const broken = join(root, "broken.tgz");
  writeFileSync(broken, "this is no archive");
  await assert.rejects(layOut({ archive: broken, releases, version: "2.0.0", nodeVersion }));
  assert.equal(isReleaseThere(releases, "2.0.0"), false);
  mkdirSync(releaseFolder(releases, "2.0.0"), { recursive: true });
  await layOut({ archive: await makeArchive(manifest), releases, version: "2.0.0", nodeVersion });
  assert.ok(isReleaseThere(releases, "2.0.0"));
});

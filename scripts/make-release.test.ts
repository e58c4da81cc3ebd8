/** The archive that a release of SmartClaw is, with what is built here. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { extract, list } from "tar";
import { externalPackages } from "../apps/desktop/external-packages.js";
import { packRelease } from "./lib/pack-release.ts";
import { readReleaseManifest } from "./lib/release-manifest.ts";

const folder = mkdtempSync(join(tmpdir(), "smartclaw-packed-"));
after(() => rmSync(folder, { recursive: true }));
const platform = `${process.platform}-${process.arch}`;
const release = join(folder, "package");
let archive: string;
before(() => {
  archive = packRelease("7.8.9", folder);
  extract({ file: archive, cwd: folder, strict: true, sync: true });
});

const digest = (path: string): string => createHash("sha256").update(readFileSync(path)).digest("hex");

/** Runs beside the bundle in the unpacked release, which knows nothing of the checkout. */
function inRelease(...args: string[]): string {
  const { PATH = "", SystemRoot = "" } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: join(release, "apps", "desktop", "dist"),
    env: { PATH, SystemRoot, HOME: folder, SMARTCLAW_HOME: join(folder, "home") },
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
  return stdout;
}

test("it says which release it is, for what", () => {
  assert.equal(archive, join(folder, `smartclaw-7.8.9-${platform}.tgz`));
  assert.deepEqual(readReleaseManifest(archive), {
    version: "7.8.9",
    node: ">=24.16.0 <25 || >=26.1.0",
    platform,
  });
});

test("the same files make the same archive, whatever the umask is", async () => {
  const mask = process.umask(0o077);
  try {
    const again = packRelease("7.8.9", join(folder, "again"));
    assert.equal(digest(again), digest(archive));
  } finally {
    process.umask(mask);
  }
});

test("files only, in order, without their packer's name, time or rights, and without a Node", () => {
  const paths: string[] = [];
  list({
    file: archive,
    sync: true,
    onReadEntry({ path, type, mode = 0, mtime, uid, uname }) {
      paths.push(path);
      assert.equal(type, "File", path);
      assert.ok([0o644, 0o755].includes(mode), path);
      assert.equal(mtime?.toISOString(), "1985-10-26T08:15:00.000Z");
      assert.ok(uid === undefined && !uname, path);
    },
  });
  assert.deepEqual(paths, paths.toSorted());
  assert.ok(paths.every((path) => path.startsWith("package/")));
  assert.ok(!paths.some((path) => /node-(bin-)?(linux|darwin|win)|\.test\.|(^|\/)\.cache\//.test(path)));
});

test("what the bundle needs beside itself is found there, and only that is there", () => {
  const places = externalPackages.map((name) => `import.meta.resolve(${JSON.stringify(name)})`);
  const imports = externalPackages.map((name) => `await import(${JSON.stringify(name)});`);
  const program = `${imports.join("")} console.log(JSON.stringify([${places.join(",")}]));`;
  const found: string[] = JSON.parse(inRelease("--input-type=module", "-e", program));
  const home = pathToFileURL(join(realpathSync(release), "node_modules")).href;
  for (const place of found) assert.ok(place.startsWith(home), place);
  const top = readdirSync(join(release, "node_modules"));
  for (const name of ["rolldown", "typescript", "react", "zod", "@types"])
    assert.ok(!top.includes(name), name);
  assert.ok(statSync(archive).size < 20_000_000);
});

test("its command line starts from there", () => {
  assert.match(inRelease("cli.js", "--version"), /^7\.8\.9/);
});

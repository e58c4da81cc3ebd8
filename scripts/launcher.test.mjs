// What `npx smartclaw` starts after set-up.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { desktopBuild, root } from "./lib/places.mjs";
import { findRuntime } from "./lib/runtime.mjs";

const skip =
  process.platform === "win32" || !findRuntime().startsWith(join(root, "node_modules"))
    ? "npm's own launcher is used here"
    : false;
const launcher = join(root, "node_modules", ".bin", "smartclaw");
const folder = mkdtempSync(join(tmpdir(), "sc-launcher-"));
after(() => rmSync(folder, { recursive: true }));

/** @param {string | undefined} path @param {string} program @param {string[]} args */
function run(path, program, ...args) {
  const env = { ...process.env, PATH: path, SMARTCLAW_HOME: join(folder, "home") };
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", env });
  return { status, stdout, stderr };
}

/** A `PATH` on which there is no Node. */
function pathWithoutNode() {
  const path = join(folder, "path");
  mkdirSync(path);
  const { stdout } = spawnSync("sh", ["-c", "command -v readlink"], { encoding: "utf8" });
  symlinkSync(stdout.trim(), join(path, "readlink"));
  return path;
}

test("the command line starts without a second Node, by its link and by the user's own", { skip }, () => {
  assert.equal(realpathSync(launcher), join(root, "apps", "desktop", "bin", "smartclaw"));
  const own = join(folder, "sc");
  symlinkSync(launcher, own);
  const path = pathWithoutNode();
  for (const args of [["--help"], ["status", "--json"], ["keys", "add", "two words", "--nonsense"]]) {
    const direct = run(path, findRuntime(), join(desktopBuild, "cli.js"), ...args);
    assert.deepEqual(run(path, launcher, ...args), direct);
    assert.deepEqual(run(path, own, ...args), direct);
  }
});

test("a checkout that is not set up says what to do", { skip }, () => {
  for (const part of [join("apps", "desktop", "bin"), join("scripts", "lib")])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  const { status, stderr } = run(
    process.env["PATH"],
    join(folder, "apps", "desktop", "bin", "smartclaw"),
    "status",
  );
  assert.equal(status, 1);
  assert.match(stderr, /npm start/);
});

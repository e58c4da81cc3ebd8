import assert from "node:assert/strict";
import { existsSync, lstatSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { thisPlatform } from "../install/platform.ts";
import { createProgress } from "../install/progress.ts";
import { type PackageToPublish, startNpmRegistryStandIn } from "../install/testing/npm-registry-stand-in.ts";
import { removeReadOnly } from "../releases/read-only.ts";
import { buildRuntime } from "./build-runtime.ts";
import { programOf } from "./find-runtime.ts";
import { component, listOf, nodePackage, says } from "./testing/node-package.ts";

const { platform } = process;
const skip = platform === "win32" && "a shell script stands in for Node's program";
const home = mkdtempSync(join(tmpdir(), "sc-node-build-"));
const registry = await startNpmRegistryStandIn();
after(async () => {
  await registry.close();
  await removeReadOnly(home, platform);
});

/** Builds what is published as 28.1.0 now, by a list that trusts it. */
async function build(one: PackageToPublish, listed: object = {}) {
  const { integrity } = registry.publish(one);
  const folder = mkdtempSync(join(home, "order-"));
  const staging = mkdtempSync(join(folder, "staging-"));
  const lockFile = join(folder, "list.json");
  writeFileSync(lockFile, listOf("28.1.0", integrity, listed));
  const built = await buildRuntime(
    {
      what: "node",
      component,
      version: "28.1.0",
      lockFile,
      staging,
      cache: join(folder, "cache"),
      registry: registry.url,
      program: programOf(component.name),
    },
    thisPlatform,
    createProgress(
      () => {},
      () => 0,
    ),
  );
  return { staging, built, integrity };
}

test("one that answers as its version is built, and read-only inside", { skip }, async () => {
  const { staging, built, integrity } = await build(nodePackage("28.1.0", says("28.1.0")));
  const program = join(staging, programOf(component.name));
  assert.deepEqual(built, { integrity, size: lstatSync(program).size });
  for (const path of readdirSync(staging, { recursive: true, encoding: "utf8" })) {
    const found = lstatSync(join(staging, path));
    assert.ok(found.isSymbolicLink() || (found.mode & 0o222) === 0, path);
  }
});

test("it is tried with nothing of this process's environment", { skip }, async (t) => {
  process.env["SMARTCLAW_CANARY"] = "for nobody";
  t.after(() => delete process.env["SMARTCLAW_CANARY"]);
  await build(nodePackage("28.1.0", `[ -z "$SMARTCLAW_CANARY$HOME" ] || exit 1\n${says("28.1.0")}`));
});

for (const [what, script, code, message] of [
  ["that says another version", says("28.1.1"), "INSTALL_INTEGRITY", /holds another program/],
  ["that says nothing", "true", "INSTALL_INTEGRITY", /holds another program/],
  ["that says more than its version", "echo v28.1.0; echo and more", "INSTALL_INTEGRITY", /another program/],
  ["that does not stop to talk", "while :; do echo v28.1.0; done", "RUNTIME_UNSUPPORTED", /does not start/],
  ["that fails", `${says("28.1.0")}; exit 1`, "RUNTIME_UNSUPPORTED", /does not start/],
  ["that is killed", "kill -9 $$", "RUNTIME_UNSUPPORTED", /does not start/],
] as const)
  test(`a program ${what} is none`, { skip }, () =>
    assert.rejects(build(nodePackage("28.1.0", script)), { code, message }),
  );

for (const [what, files] of [
  ["for another machine", { "bin/node": "\u007FELF of another kind" }],
  ["without a program", { "README.md": "later" }],
  ["with a folder in its place", { "bin/node/index.js": "" }],
] as const)
  test(`a package ${what} is none`, { skip }, () =>
    assert.rejects(build(nodePackage("28.1.0", "", { files })), { code: "RUNTIME_UNSUPPORTED" }),
  );

for (const [what, more] of [
  ["needs another package", { dependencies: { evil: "*" } }],
  ["brings an install script", { scripts: { install: "true" } }],
] as const)
  test(`a package that ${what}, unlike its list says, is none`, { skip }, () =>
    assert.rejects(build(nodePackage("28.1.0", says("28.1.0"), more)), { code: "INSTALL_INTEGRITY" }),
  );

test("its install scripts never run, also not where they are known of", { skip }, async () => {
  const ran = join(home, "ran");
  const scripts = { preinstall: `touch ${ran}`, install: `touch ${ran}`, postinstall: `touch ${ran}` };
  await build(nodePackage("28.1.0", says("28.1.0"), { scripts }), { hasInstallScript: true });
  assert.ok(!existsSync(ran));
});

test("other bytes than the list says are not used", { skip }, async (t) => {
  registry.intercept((path) => (path.endsWith(".tgz") ? { status: 200, body: "not a tarball" } : null));
  t.after(() => registry.intercept(() => null));
  await assert.rejects(build(nodePackage("28.1.0", says("28.1.0"))), { code: "INSTALL_INTEGRITY" });
});

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { type ResolveMessage, resolveMessage, type ResolveOrder } from "./resolve-messages.ts";
import type { StandInManifest } from "./testing/npm-registry-stand-in.ts";
import { listAt, newWorld, outcome, ownFiles, postinstall } from "./testing/resolve-world.ts";

test("the user's npm settings have no say, nothing is run, and nothing is written elsewhere", async (t) => {
  const world = await newWorld(t);
  const { order, registry } = world;
  world.next({ scripts: { ...postinstall, preinstall: "touch ran", prepare: "touch ran" } });
  const home = mkdtempSync(join(world.home, "user-"));
  const settings =
    "registry=http://127.0.0.1:1/\nbefore=2001-01-01\nomit=optional\n@scope:registry=http://127.0.0.1:1/\n";
  writeFileSync(join(home, ".npmrc"), settings);
  mkdirSync(order.folder, { recursive: true });
  const asked = registry.requests().length;
  const { messages } = await runChild(order, {
    HOME: home,
    NPM_CONFIG_REGISTRY: "http://127.0.0.1:1/",
    npm_config_userconfig: join(home, ".npmrc"),
    npm_config_cache: join(home, "cache"),
  });
  assert.deepEqual(messages.at(-1), {
    type: "done",
    verdict: "trusted",
    reasons: [],
    lockFile: order.lockFile,
  });
  assert.ok(registry.requests().length > asked);
  assert.deepEqual(readdirSync(home), [".npmrc"]);
  assert.deepEqual(readdirSync(order.folder), ["package.json"]);
  const stages = new Set(messages.map((message) => message.type === "progress" && message.stage));
  assert.deepEqual([...stages], ["resolve", "verify", false]);
});

test("the child says refused for what no second try changes, and failed for the rest", async (t) => {
  const { order, next, registry } = await newWorld(t);
  next({ dependencies: { evil: "git+https://127.0.0.1:1/evil.git" } });
  const refused = await runChild(order);
  assert.deepEqual(refused.messages.at(-1), {
    type: "done",
    verdict: "refused",
    reasons: ["openclaw needs evil, which does not come from the npm registry."],
    lockFile: null,
  });
  for (const [optional, code] of [
    [{ evil: "npm:evil@github:a/b" }, "INSTALL_FAILED"],
    [{}, "NETWORK_UNREACHABLE"],
  ] as const) {
    next({ optionalDependencies: optional });
    if (code === "NETWORK_UNREACHABLE") await registry.close();
    const failed = (await runChild({ ...order, folder: `${order.folder}-${code}` })).messages.at(-1);
    assert.ok(failed?.type === "failed");
    assert.equal(failed.error.code, code);
  }
  assert.ok(!existsSync(order.lockFile) && !existsSync(order.heldFile));
});

test("the child ends when its parent does", async (t) => {
  const { order, registry } = await newWorld(t);
  let asked = (): void => {};
  const begun = new Promise<void>((resolve) => (asked = resolve));
  registry.intercept((path) => {
    if (path === "/openclaw") asked();
    return null;
  });
  const { child, ended } = start("./resolve-child.ts", order);
  await begun;
  child.stdin.end();
  assert.equal(await ended, 1);
});

test("what was resolved, an alias among it, can be installed as it is", async (t) => {
  const { order, next, registry } = await newWorld(t);
  registry.publish({ name: "inner", version: "1.0.0" });
  next({
    dependencies: { helper: "^1.0.0", other: "npm:@scope/part@1", inner: "1.0.0" },
    bundleDependencies: ["inner"],
    files: {
      ...ownFiles,
      "node_modules/inner/package.json": JSON.stringify({ name: "inner", version: "1.0.0" }),
    },
  });
  assert.equal(await outcome(order), "trusted");
  const packages = listAt(order.lockFile);
  assert.equal(packages["node_modules/other"]?.name, "@scope/part");
  assert.ok(!Object.keys(packages).some((path) => path.endsWith("inner")), "covered by OpenClaw's own hash");
  const { staging, said } = await install(order);
  assert.match(said, /"type":"done"/);
  const read = (path: string): { name: string } =>
    JSON.parse(readFileSync(join(staging, "node_modules", path, "package.json"), "utf8"));
  assert.deepEqual(
    ["openclaw", "helper", "deep", "other", "openclaw/node_modules/inner"].map((path) => read(path).name),
    ["openclaw", "helper", "deep", "@scope/part", "inner"],
  );
});

const lies: [string, (manifest: StandInManifest) => void][] = [
  [
    "names a dependency that its author did not",
    (manifest) => (manifest["dependencies"] = { "@scope/part": "1.x", helper: "npm:evil@1.0.0" }),
  ],
  ["leaves a dependency out", (manifest) => (manifest["dependencies"] = { "@scope/part": "1.x" })],
  ["hides an install script", (manifest) => delete manifest["scripts"]],
];
for (const [what, lie] of lies)
  test(`a registry that ${what} is found out when the package is unpacked`, async (t) => {
    const { order, next, registry } = await newWorld(t);
    registry.publish({ name: "evil", version: "1.0.0", dependencies: { deep: "*" } });
    next();
    registry.tamper((manifest) => {
      if (manifest.name === "openclaw") lie(manifest);
      return manifest;
    });
    assert.equal(await outcome(order), "trusted", "each package is signed");
    const { said } = await install(order);
    assert.match(said, /INSTALL_INTEGRITY.*openclaw 2\.0\.0 is not what the npm registry says of it/);
  });

/** Installs what was resolved. */
async function install({ component, version, lockFile, registry, folder }: ResolveOrder) {
  const staging = mkdtempSync(`${folder}-staging-`);
  const { lines, ended } = start("./child.ts", {
    what: "openclaw",
    nodePath: process.execPath,
    component,
    version,
    lockFile,
    kept: [],
    staging,
    cache: `${folder}-cache`,
    registry,
  });
  await ended;
  return { staging, said: lines.at(-1) ?? "" };
}

async function runChild(order: ResolveOrder, environment: Record<string, string> = {}) {
  const { lines, ended } = start("./resolve-child.ts", order, environment);
  await ended;
  return { messages: lines.map((line): ResolveMessage => resolveMessage.parse(JSON.parse(line))) };
}

function start(program: string, order: object, environment: Record<string, string> = {}) {
  const path = fileURLToPath(new URL(program, import.meta.url));
  const env = { PATH: process.env["PATH"], ...environment };
  const child = spawn(process.execPath, [path], { env, stdio: ["pipe", "pipe", "inherit"] });
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  child.stdin.write(`${JSON.stringify(order)}\n`);
  return { child, lines, ended };
}

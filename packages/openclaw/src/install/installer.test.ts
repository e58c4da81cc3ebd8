import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import cacache from "cacache";
import fc from "fast-check";
import type { InstallState, Log } from "@smartclaw/contracts";
import { removeReadOnly, unlockFolder } from "../releases/read-only.ts";
import { createReleases } from "../releases/releases.ts";
import { createInstaller } from "./installer.ts";
import { parseLock, tarballsFor } from "./lock.ts";
import { createProgress } from "./progress.ts";

const silent: Log = { info() {}, warn() {}, error() {} };
const folder = mkdtempSync(join(tmpdir(), "sc-install-"));
const committed = readFileSync(new URL("../../locks/openclaw-2026.9.6.json", import.meta.url), "utf8");

/** A tarball as npm packs it: everything below `package/`. */
function tarball(files: Record<string, string>): Buffer {
  const root = mkdtempSync(join(folder, "pack-"));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(root, "package", dirname(name)), { recursive: true });
    writeFileSync(join(root, "package", name), text);
  }
  return execFileSync("tar", ["-czf", "-", "-C", root, "package"]);
}

const ran = join(folder, "ran");
const marker = (name: string): string => `require("fs").appendFileSync(${JSON.stringify(ran)}, "${name} ")`;
const packages = {
  openclaw: tarball({
    "package.json": JSON.stringify({
      name: "openclaw",
      version: "1.0.0",
      engines: { node: ">=24" },
      dependencies: { helper: "1.0.0" },
      scripts: { postinstall: "node scripts/postinstall-bundled-plugins.mjs" },
    }),
    "scripts/postinstall-bundled-plugins.mjs": `import { appendFileSync } from "node:fs"; appendFileSync(${JSON.stringify(ran)}, "openclaw ");`,
    "openclaw.mjs": "",
    ...Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`dist/part-${index}.mjs`, "export {};"])),
  }),
  helper: tarball({
    "package.json": JSON.stringify({
      name: "helper",
      version: "1.0.0",
      scripts: { install: "node evil.cjs", postinstall: "node evil.cjs" },
    }),
    "evil.cjs": marker("helper"),
  }),
};
const integrity = (bytes: Buffer): string => `sha512-${createHash("sha512").update(bytes).digest("base64")}`;

/** A stand-in for the npm registry. */
let behaviour: "good" | "wrong" | "cut" | "missing" = "good";
const registry = createServer((request, response) => {
  const name = /^\/(\w+)\/-\//.exec(request.url ?? "")?.[1] as keyof typeof packages | undefined;
  const bytes = name === undefined ? undefined : packages[name];
  if (bytes === undefined || behaviour === "missing") return response.writeHead(404).end();
  if (behaviour === "wrong" && name === "helper")
    return response.end(Buffer.concat([bytes, Buffer.from("x")]));
  if (behaviour === "cut" && name === "helper") {
    response.writeHead(200, { "content-length": bytes.length });
    response.write(bytes.subarray(0, 100));
    return setTimeout(() => response.destroy(), 20);
  }
  return response.end(bytes);
});
await new Promise<void>((resolve) => registry.listen(0, "127.0.0.1", resolve));
after(async () => {
  registry.close();
  registry.closeAllConnections();
  await removeReadOnly(folder, process.platform);
});

const lock = {
  lockfileVersion: 3,
  requires: true,
  packages: {
    "": { dependencies: { openclaw: "1.0.0" } },
    "node_modules/openclaw": {
      version: "1.0.0",
      integrity: integrity(packages.openclaw),
      size: packages.openclaw.length,
      hasInstallScript: true,
      dependencies: { helper: "1.0.0" },
    },
    "node_modules/helper": {
      version: "1.0.0",
      integrity: integrity(packages.helper),
      size: packages.helper.length,
      hasInstallScript: true,
    },
  },
};

let serial = 0;
function newInstaller() {
  const root = join(folder, String(++serial));
  mkdirSync(root);
  const lockFile = join(root, "lock.json");
  writeFileSync(lockFile, JSON.stringify(lock));
  rmSync(ran, { force: true });
  const releases = createReleases({ root, platform: process.platform });
  const newDaemon = () =>
    createInstaller({
      command: [process.execPath, fileURLToPath(new URL("./child.ts", import.meta.url))],
      environment: { PATH: process.env["PATH"], HOME: root },
      releases,
      cache: join(root, "cache"),
      registry: `http://127.0.0.1:${(registry.address() as AddressInfo).port}/`,
      lockFile: () => lockFile,
      ledger: { begin: () => ({ connected() {}, count() {}, end() {}, fail() {} }), refuse() {} },
      processName: "test",
      clock: { now: () => Date.now() },
      log: silent,
    });
  return { installer: newDaemon(), releases, root, lockFile, newDaemon };
}
/** What anybody may write to, of a release. */
const writable = (folder: string): string[] =>
  [".", ...readdirSync(folder, { recursive: true, encoding: "utf8" })].filter((path) => {
    const found = lstatSync(join(folder, path));
    return !found.isSymbolicLink() && (found.mode & 0o222) !== 0;
  });
const releaseFolder = (root: string): string => join(root, "versions", "openclaw", "1.0.0");
const codeOf = (state: InstallState): string => (state.state === "failed" ? state.error.code : state.state);

test("a release is installed, published and live; only the listed script has run", async () => {
  const { installer, releases, root } = newInstaller();
  behaviour = "good";
  const cache = join(root, "cache");
  await cacache.put(cache, "a tarball of an earlier release", "bytes");
  const stages = new Set<string>();
  let bytes = 0;
  installer.onChange((state) => {
    if (state.state !== "installing") return;
    stages.add(state.stage);
    assert.ok(state.bytesDone >= bytes);
    bytes = state.bytesDone;
  });
  const [one, two] = await Promise.all([installer.install("1.0.0"), installer.install("1.0.0")]);
  assert.deepEqual([one.state, two], ["installed", one]);
  assert.equal(readFileSync(ran, "utf8"), "openclaw ");
  assert.equal(releases.live()?.openclaw, "1.0.0");
  assert.ok(existsSync(releases.entry("1.0.0")));
  assert.equal(bytes, packages.openclaw.length + packages.helper.length);
  assert.ok(stages.has("download") && stages.has("unpack"));
  assert.deepEqual(writable(releaseFolder(root)), []);
  const cached = Object.values(await cacache.ls(cache)).map(({ integrity }) => integrity);
  assert.deepEqual(new Set(cached), new Set(Object.values(packages).map(integrity)));
  writeFileSync(join(root, "live.json"), "{}");
  assert.throws(() => releases.live(), { code: "STORAGE_CORRUPT" });
});

test("other bytes, a cut connection and a missing package publish nothing; the next try works", async () => {
  for (const [fault, code] of [
    ["wrong", "INSTALL_INTEGRITY"],
    ["cut", "NETWORK_UNREACHABLE"],
    ["missing", "INSTALL_FAILED"],
  ] as const) {
    const { installer, releases, root } = newInstaller();
    behaviour = fault;
    const healing = fault === "cut" ? setTimeout(() => (behaviour = "good"), 4_000) : undefined;
    const state = await installer.install("1.0.0");
    clearTimeout(healing);
    // A connection that is cut once is tried again by itself.
    assert.ok(
      [code, "installed"].includes(codeOf(state)) && (fault === "cut" || codeOf(state) === code),
      `${fault}: ${codeOf(state)}`,
    );
    if (state.state === "failed") {
      assert.deepEqual([releases.list(), releases.live()], [[], null]);
      assert.equal(existsSync(join(root, "versions", ".staging")), false);
      behaviour = "good";
      assert.equal((await installer.install("1.0.0")).state, "installed");
    }
  }
});

test("a list without a hash is not trusted, and a killed installation leaves no release", async () => {
  const first = newInstaller();
  const { integrity: _gone, ...without } = lock.packages["node_modules/helper"];
  writeFileSync(
    first.lockFile,
    JSON.stringify({ ...lock, packages: { ...lock.packages, "node_modules/helper": without } }),
  );
  assert.equal(codeOf(await first.installer.install("1.0.0")), "INSTALL_INTEGRITY");

  const killed = newInstaller();
  behaviour = "good";
  const installing = killed.installer.install("1.0.0");
  setTimeout(() => killed.installer.close(), 150);
  const state = await installing;
  if (state.state === "failed") assert.equal(killed.releases.live(), null);
  assert.equal((await killed.installer.install("1.0.0")).state, "installed");
});

const inDist = (release: string, index: number): string =>
  join(release, "node_modules", "openclaw", "dist", `part-${index}.mjs`);
/** What was lost, and whether a glance sees it. */
const losses: readonly (readonly [string, (release: string) => void, boolean])[] = [
  [
    "half of its largest folder",
    (release) => {
      unlockFolder(dirname(inDist(release, 0)), process.platform);
      for (let index = 0; index < 10; index++) rmSync(inDist(release, index));
    },
    true,
  ],
  [
    "the inside of one file",
    (release) => {
      chmodSync(inDist(release, 3), 0o600);
      truncateSync(inDist(release, 3), 4);
    },
    false,
  ],
];
for (const [what, lose, atAGlance] of losses)
  test(`a release that lost ${what} is installed again when asked, beside the old one`, async () => {
    const { installer, releases, root, newDaemon } = newInstaller();
    behaviour = "good";
    await installer.install("1.0.0");
    const release = releaseFolder(root);
    lose(release);
    const kept = readFileSync(join(release, "release.json"), "utf8");

    // Nothing can be fetched, not even from the cache: what is there stays.
    rmSync(join(root, "cache"), { recursive: true });
    behaviour = "missing";
    assert.equal(codeOf(await installer.install("1.0.0")), "INSTALL_FAILED");
    assert.equal(readFileSync(join(release, "release.json"), "utf8"), kept);

    behaviour = "good";
    const restarted = newDaemon();
    assert.equal(await releases.isWhole("1.0.0", "glance"), !atAGlance);
    rmSync(ran);
    assert.equal((await restarted.install("1.0.0")).state, "installed");
    assert.equal(existsSync(ran), atAGlance, "the start looks at little");
    assert.equal((await restarted.install("1.0.0")).state, "installed");
    assert.ok(existsSync(ran), "whoever asks gets a whole one");
    assert.ok(await releases.isWhole("1.0.0", "thorough"));
    assert.deepEqual(writable(release), []);
    assert.equal(existsSync(join(root, "versions", ".staging")), false);
    rmSync(ran);
    await restarted.install("1.0.0");
    assert.ok(!existsSync(ran), "a whole one is left alone");
  });

test("a loss that is found when OpenClaw is to be started makes the page offer an installation", async () => {
  const { installer, releases } = newInstaller();
  behaviour = "good";
  await installer.install("1.0.0");
  unlockFolder(releases.folder("1.0.0"), process.platform);
  rmSync(releases.entry("1.0.0"));
  assert.throws(() => releases.live(), { code: "STORAGE_CORRUPT" });
  const state = installer.state();
  assert.ok(state.state === "failed");
  assert.match(state.error.message, /not complete on the disk/);
  assert.equal((await installer.install("1.0.0")).state, "installed");
  assert.equal(releases.live()?.openclaw, "1.0.0");
});

test("the committed list: every package has a SHA-512, none an address, and each platform its own", () => {
  const parsed = parseLock(committed);
  assert.ok(!committed.includes('"resolved"'));
  const linux = tarballsFor(parsed, { os: "linux", cpu: "x64", libc: "glibc" });
  assert.equal(
    linux.find(({ name }) => name === "openclaw")?.integrity,
    "sha512-Ie0kyQSCVfFqixsgVg39vevUDq01Ch5u3+7Yu5Y3qARczmdAe+lzp8bVnO9925rHiW/+CFp70zfORCyPmCH31g==",
  );
  const mac = tarballsFor(parsed, { os: "darwin", cpu: "arm64", libc: null });
  assert.ok(
    linux.some(({ name }) => name.includes("linux-x64")) &&
      !linux.some(({ name }) => name.includes("darwin")),
  );
  assert.ok(
    mac.some(({ name }) => name.includes("darwin-arm64")) &&
      !mac.some(({ name }) => name.includes("linux-x64")),
  );
});

test("progress never goes back and is told at most ten times a second", () => {
  fc.assert(
    fc.property(fc.array(fc.record({ bytes: fc.nat(1000), after: fc.nat(50) })), (steps) => {
      let now = 0;
      const told: number[] = [];
      const progress = createProgress(
        ({ bytesDone }) => told.push(bytesDone),
        () => now,
      );
      progress.update({ stage: "download", bytesDone: 0 });
      for (const { bytes, after: wait } of steps) {
        now += wait;
        progress.update({ bytesDone: bytes });
      }
      assert.deepEqual(
        told,
        told.toSorted((a, b) => a - b),
      );
      assert.ok(told.length <= now / 100 + 1);
    }),
  );
});

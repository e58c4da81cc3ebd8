import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createServer, type AddressInfo } from "node:net";
import { networkInterfaces } from "node:os";
import { after, test } from "node:test";
import type { Listener } from "@smartclaw/contracts";
import { quietLog, until } from "../gateway/testing/real-gateway.ts";
import { createLinuxScanner, readIfThere } from "./linux-sockets.ts";
import { createProcessTree } from "./process-tree.ts";
import type { TreeSocket } from "./tree-socket.ts";
import { startWatchdog } from "./watchdog.ts";

const marker = `SMARTCLAW_TEST_TREE=${process.pid}`;

/** A Node process that runs the script; `env` carries the marker as the gateway's environment does. */
function run(script: string) {
  const [name = "", value = ""] = marker.split("=");
  return spawn(process.execPath, ["-e", script], { stdio: "ignore", detached: true, env: { [name]: value } });
}

/** Watches the tree of `root` until the test is over. */
function watch(root: number) {
  const tree = createProcessTree({ platform: process.platform, marker });
  const seen = {
    violations: [] as TreeSocket[],
    listeners: [] as readonly Listener[],
    outbound: [] as TreeSocket[],
  };
  const stop = startWatchdog({
    pid: () => root,
    tree,
    platform: process.platform,
    log: quietLog,
    intervalMs: 100,
    onViolation: (violations) => seen.violations.push(...violations),
    onListeners: (listeners) => (seen.listeners = listeners),
    onOutbound: (connection) => seen.outbound.push(connection),
  });
  after(async () => {
    stop();
    await tree.kill(root);
  });
  return seen;
}

const listenLater = (host: string) =>
  `setTimeout(()=>require("net").createServer().listen(0,"${host}"),600);`;

test("loopback is shown and is no violation", { skip: process.platform !== "linux" }, async () => {
  const seen = watch(run(listenLater("127.0.0.1") + listenLater("::1")).pid!);
  await until(() => seen.listeners.length === 2, 10_000);
  assert.ok(seen.listeners.every((listener) => listener.loopback));
  assert.deepEqual(seen.violations, []);
});

for (const host of ["0.0.0.0", "::"]) {
  test(`a TCP listener on ${host} is a violation`, { skip: process.platform !== "linux" }, async () => {
    const seen = watch(run(listenLater(host)).pid!);
    await until(() => seen.violations.length > 0, 10_000);
    assert.equal(seen.violations[0]?.address, host);
  });
}

test(
  "a grandchild that left group, session and parent is still found",
  { skip: process.platform !== "linux" },
  async () => {
    const escape = `const c=require("child_process");c.spawn(process.execPath,["-e",${JSON.stringify(listenLater("0.0.0.0"))}],{detached:true,stdio:"ignore"}).unref();setTimeout(()=>process.exit(),200)`;
    const child = `const c=require("child_process");c.spawn(process.execPath,["-e",${JSON.stringify(escape)}],{detached:true,stdio:"ignore"});setInterval(()=>{},1e3)`;
    const root = run(child).pid!;
    const seen = watch(root);
    await until(() => seen.violations.length > 0, 15_000);
    assert.notEqual(seen.violations[0]?.pid, root);
  },
);

test(
  "a UDP socket on every address that stays is a violation",
  { skip: process.platform !== "linux" },
  async () => {
    const seen = watch(run('require("dgram").createSocket("udp4").bind(0)').pid!);
    await until(() => seen.violations.length > 0, 10_000);
    assert.equal(seen.violations[0]?.protocol, "udp");
  },
);

/** An address of this computer that is not loopback: to the kernel a connection to it looks like any other. */
const ownAddress = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find((address) => !address.internal && address.family === "IPv4")?.address;
const skipOutbound = process.platform !== "linux" || ownAddress === undefined;

test("a connection that leaves loopback is reported once", { skip: skipOutbound }, async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, ownAddress, resolve));
  const { port } = server.address() as AddressInfo;
  const seen = watch(run(`require("net").connect(${port},"${ownAddress}");setInterval(()=>{},1e3)`).pid!);
  await until(() => seen.outbound.length > 0, 10_000);
  assert.deepEqual([seen.outbound[0]?.address, seen.outbound[0]?.port], [ownAddress, port]);
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.equal(seen.outbound.length, 1);
  server.close();
});

test(
  "the kernel's tables are not read again while no socket is new",
  { skip: process.platform !== "linux" },
  async () => {
    const root = run(listenLater("127.0.0.1")).pid!;
    let reads = 0;
    const scanner = createLinuxScanner({
      tree: createProcessTree({ platform: "linux", marker }),
      readTable(path) {
        reads++;
        return readIfThere(path);
      },
    });
    const listening = async (): Promise<boolean> =>
      (await scanner.scan(root)).some(({ kind }) => kind === "listen");
    while (!(await listening())) await new Promise((resolve) => setTimeout(resolve, 50));
    assert.ok(reads > 0);
    reads = 0;
    for (let scan = 0; scan < 20; scan += 1) assert.ok(await listening());
    assert.equal(reads, 0);
    process.kill(root, "SIGKILL");
  },
);

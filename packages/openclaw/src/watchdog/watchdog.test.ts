import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createServer, type AddressInfo } from "node:net";
import { networkInterfaces } from "node:os";
import { after, test } from "node:test";
import type { Listener } from "@smartclaw/contracts";
import { quietLog, until } from "../gateway/testing/real-gateway.ts";
import { createLinuxScanner } from "./linux-sockets.ts";
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
  "watching an idle tree costs less than 0.1 % of a core",
  { skip: process.platform !== "linux" },
  async () => {
    const root = run(listenLater("127.0.0.1")).pid!;
    const scanner = createLinuxScanner({ tree: createProcessTree({ platform: "linux", marker }) });
    await new Promise((resolve) => setTimeout(resolve, 1500));
    for (let warm = 0; warm < 20; warm += 1) await scanner.scan(root);
    const scans = 200;
    const begin = process.cpuUsage();
    for (let scan = 0; scan < scans; scan += 1) await scanner.scan(root);
    const { user, system } = process.cpuUsage(begin);
    const share = (user + system) / 1000 / scans / 2000;
    assert.ok(share < 0.001, `${(share * 100).toFixed(3)} % of a core at one scan every 2 s`);
    process.kill(root, "SIGKILL");
  },
);

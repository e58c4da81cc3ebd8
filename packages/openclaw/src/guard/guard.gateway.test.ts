import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { after, test } from "node:test";
import { promisify } from "node:util";
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { createRealGateway, skipWithoutOpenclaw, until } from "../gateway/testing/real-gateway.ts";
import { onLines } from "../supervisor/lines.ts";
import { guardArguments, parseGuardReport, type GuardReport } from "./guard-reports.ts";

const folder = mkdtempSync(join(tmpdir(), "sc-guard-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Tries every way out of a Node program, and prints what came of each as one JSON object. */
const attempts = `
import { lookup, resolve4, Resolver } from "node:dns";
import dnsPromises, { lookup as lookupPromise } from "node:dns/promises";
import net, { connect } from "node:net";
import tls from "node:tls";
import dgram from "node:dgram";
import http2 from "node:http2";
import { promisify } from "node:util";
const results = {};
const attempt = async (name, action) => {
  try { await action(); results[name] = "ok"; } catch (error) { results[name] = error.code ?? error.cause?.code ?? error.message; }
};
const socket = (open) => new Promise((resolve, reject) => { const s = open(); s.on("error", reject); s.on("connect", () => { s.destroy(); resolve(); }); });
const server = net.createServer((s) => { s.on("error", () => {}); s.end("HTTP/1.1 204 No Content\\r\\nConnection: close\\r\\n\\r\\n"); });
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const { port } = server.address();
await attempt("lookup", () => promisify(lookup)("example.com"));
await attempt("lookupPromise", () => lookupPromise("example.com"));
await attempt("resolve", () => promisify(resolve4)("example.com"));
await attempt("resolver", () => new dnsPromises.Resolver().resolve4("example.com"));
await attempt("resolverCallback", () => new Promise((res, rej) => new Resolver().resolveTxt("example.com", (e) => (e ? rej(e) : res()))));
await attempt("tcp", () => socket(() => connect(80, "192.0.2.1")));
await attempt("tcpName", () => socket(() => connect({ host: "example.com", port: 80 })));
await attempt("tcp6", () => socket(() => connect(80, "2001:db8::1")));
await attempt("tls", () => socket(() => tls.connect(443, "example.com")));
await attempt("http2", () => new Promise((res, rej) => http2.connect("https://example.com").on("error", rej).on("connect", res)));
await attempt("fetch", () => fetch("https://example.com/"));
await attempt("websocket", () => new Promise((res, rej) => { const ws = new WebSocket("ws://192.0.2.1/"); ws.onerror = (e) => rej(e.error ?? new Error("refused")); ws.onopen = res; }));
await attempt("udp", () => new Promise((res, rej) => { const s = dgram.createSocket("udp4"); s.on("error", rej); s.send("x", 5353, "224.0.0.251", (e) => { s.close(); e ? rej(e) : res(); }); }));
await attempt("ownLookup", () => socket(() => connect({ host: "localhost", port, lookup: (h, o, cb) => cb(null, o.all ? [{ address: "192.0.2.9", family: 4 }] : "192.0.2.9", 4) })));
await attempt("loopbackFetch", () => fetch("http://127.0.0.1:" + port));
const listening = (...where) => new Promise((res, rej) => { const s = net.createServer().on("error", rej).listen(...where, () => { const { address } = s.address(); s.close(); address === "127.0.0.1" ? res() : rej(new Error(address)); }); });
await attempt("listen", () => listening(0));
await attempt("listenAll", () => listening({ port: 0, host: "0.0.0.0" }));
await attempt("listen6", () => listening(0, "::1"));
await attempt("listenLoopback", () => listening(0, "127.0.0.1"));
await attempt("listenName", () => listening({ port: 0, host: "localhost" }));
await attempt("loopbackName", () => socket(() => connect(port, "localhost")));
server.close();
export { results };
`;
writeFileSync(join(folder, "attempts.mjs"), attempts);
writeFileSync(
  join(folder, "main.mjs"),
  `import { Worker } from "node:worker_threads";
import { fork } from "node:child_process";
import { results } from "./attempts.mjs";
const child = new URL("./child.mjs", import.meta.url);
const worker = await new Promise((resolve) => new Worker(child, { execArgv: [] }).on("message", resolve));
const forked = await new Promise((resolve) => fork(child, [], { execArgv: [] }).on("message", resolve));
console.log(JSON.stringify({ main: results, worker, forked }));`,
);
writeFileSync(
  join(folder, "child.mjs"),
  `import { parentPort } from "node:worker_threads";
import { results } from "./attempts.mjs";
if (parentPort) parentPort.postMessage(results); else process.send(results, () => process.disconnect());`,
);

async function runGuarded(file: string): Promise<{ stdout: string; reports: GuardReport[] }> {
  const child = spawn(process.execPath, [...guardArguments, file], {
    stdio: ["ignore", "pipe", "inherit", "pipe"],
    env: { SMARTCLAW_GUARD_FD: "3" },
  });
  const reports: GuardReport[] = [];
  let stdout = "";
  child.stdout?.on("data", (data: Buffer) => (stdout += data.toString()));
  const channel = child.stdio[3];
  assert.ok(channel instanceof Readable);
  onLines(channel, (line) => {
    const report = parseGuardReport(line);
    assert.ok(report, line);
    reports.push(report);
  });
  await new Promise((resolve) => child.once("close", resolve));
  return { stdout, reports };
}

test("no way out of the process, its worker threads and its Node children", async () => {
  const { stdout, reports } = await runGuarded(join(folder, "main.mjs"));
  const refusedName = "ENOTFOUND";
  const refusedAddress = "ECONNREFUSED";
  const refusedListen = "EADDRNOTAVAIL";
  const expected = {
    lookup: refusedName,
    lookupPromise: refusedName,
    resolve: refusedName,
    resolver: refusedName,
    resolverCallback: refusedName,
    tcp: refusedAddress,
    tcpName: refusedName,
    tcp6: refusedAddress,
    tls: refusedName,
    http2: refusedName,
    fetch: refusedName,
    udp: refusedAddress,
    ownLookup: refusedAddress,
    listen: refusedListen,
    listenAll: refusedListen,
    listen6: refusedListen,
    listenLoopback: "ok",
    listenName: "ok",
    loopbackFetch: "ok",
    loopbackName: "ok",
  };
  const results = JSON.parse(stdout) as Record<string, Record<string, string>>;
  for (const [where, { websocket, ...others }] of Object.entries(results)) {
    assert.deepEqual(others, expected, where);
    assert.notEqual(websocket, "ok", where);
  }
  const hosts = new Set(reports.map((report) => `${report.host}:${report.port} ${report.via}`));
  for (const host of [
    "example.com:53 dns",
    "192.0.2.1:80 tcp",
    "example.com:443 tcp",
    "224.0.0.251:5353 udp",
  ]) {
    assert.ok(hosts.has(host), host);
  }
});

const ownAddress = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find((address) => !address.internal && address.family === "IPv4")?.address;

test("the control: what the guard refuses works without it", { skip: ownAddress === undefined }, async () => {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, ownAddress, resolve));
  const { port } = server.address() as AddressInfo;
  const script = join(folder, "reach.mjs");
  writeFileSync(
    script,
    `import { connect } from "node:net";
connect(${port}, "${ownAddress}").on("connect", () => console.log("reached")).on("error", (e) => console.log(e.code));`,
  );
  const run = promisify(execFile);
  assert.equal((await run(process.execPath, [script])).stdout, "reached\n");
  assert.equal((await run(process.execPath, [...guardArguments, script])).stdout, "ECONNREFUSED\n");
  server.close();
});

test("the process ends when the daemon's pipe closes, also when it ignores SIGTERM", async () => {
  const script = join(folder, "stubborn.mjs");
  writeFileSync(script, 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log("up");');
  const child = spawn(process.execPath, [...guardArguments, script], {
    stdio: ["ignore", "pipe", "inherit", "pipe"],
    env: { SMARTCLAW_GUARD_FD: "3" },
  });
  await new Promise((resolve) => child.stdout?.once("data", resolve));
  const exit = new Promise<string | null>((resolve) => child.once("exit", (_, signal) => resolve(signal)));
  const channel = child.stdio[3];
  assert.ok(channel instanceof Readable);
  channel.destroy();
  assert.equal(await exit, "SIGKILL");
});

/** As OpenClaw is without SmartClaw's configuration of these parts: it then goes past the forward proxy. */
const talkative = { plugins: {}, tools: {}, commands: {}, browser: {}, cron: {}, memory: {}, proxy: {} };

test(
  "what the real gateway tries is refused and told to the daemon",
  { skip: skipWithoutOpenclaw },
  async () => {
    const real = await createRealGateway({ extra: talkative });
    try {
      real.supervisor.start();
      await real.reach("ready");
      await until(() => real.gateway.connected());
      const sessionKey = `agent:main:${randomUUID()}`;
      await real.gateway.request("sessions.create", { key: sessionKey }, z.unknown());
      const message = { sessionKey, message: "SAY hello", idempotencyKey: randomUUID() };
      await real.gateway.request("chat.send", message, z.unknown());
      await until(() => real.refused.length > 0);
      await until(() => real.model.requests() > 0);
    } finally {
      await real.dispose();
    }
  },
);

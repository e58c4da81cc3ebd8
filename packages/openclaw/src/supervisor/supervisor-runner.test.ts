import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { SmartClawError } from "@smartclaw/contracts";
import { quietLog, until } from "../gateway/testing/real-gateway.ts";
import { createProcessTree } from "../watchdog/process-tree.ts";
import { createSocketScanner } from "../watchdog/socket-scanner.ts";
import { findFreePort } from "./ports.ts";
import { createSupervisor, type SupervisorDeps } from "./supervisor.ts";
import { systemTimer } from "./timers.ts";

const folder = mkdtempSync(join(tmpdir(), "sc-run-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** The supervisor round a small Node program in place of OpenClaw: what it does to processes is real. */
function supervise(script: string, changes: Partial<SupervisorDeps> = {}) {
  const windows: string[] = [];
  const lines: string[] = [];
  const tree = createProcessTree({ platform: process.platform, marker: `SC_RUN=${folder}` });
  const supervisor = createSupervisor({
    launch: async () => ({
      command: [process.execPath, "-e", script],
      env: {},
      cwd: folder,
      port: (await findFreePort(20_000 + Math.floor(Math.random() * 30_000), [])) ?? 0,
      version: "1",
    }),
    probe: () => until(() => lines.includes("up")),
    drain: () => Promise.resolve(),
    repair: () => Promise.resolve(),
    secretsWindow: {
      open: () => Promise.resolve(void windows.push("open")),
      close: () => void windows.push("close"),
      outcome: () => "answered",
    },
    tree,
    sockets: createSocketScanner(process.platform, tree),
    pidFile: join(folder, "gateway.json"),
    clock: Date,
    setTimer: systemTimer,
    log: quietLog,
    onLine: (line) => lines.push(line.text),
    onRefused: () => undefined,
    ...changes,
    limits: { backOffMs: 50, stopMs: 300, drainMs: 300, startMs: 5_000, ...changes.limits },
  });
  after(async () => await supervisor.stop());
  return { supervisor, tree, windows, lines };
}

const phase = (supervisor: { state(): { phase: string } }) => supervisor.state().phase;

test("a tree that ignores SIGTERM is killed after the bounded wait", async () => {
  const child = 'process.on("SIGTERM",()=>{});setInterval(()=>{},1e3)';
  const script = `const c=require("child_process");c.spawn(process.execPath,["-e",${JSON.stringify(child)}],{detached:true,stdio:"ignore"});${child};console.log("up")`;
  const { supervisor, tree, windows } = supervise(script);
  supervisor.start();
  await until(() => phase(supervisor) === "ready");
  const { pid } = supervisor.state();
  assert.deepEqual([windows[0], windows.at(-1)], ["open", "close"]);
  assert.equal((await tree.members(pid!)).length, 2);
  assert.ok(existsSync(join(folder, "gateway.json")));
  const begin = performance.now();
  await supervisor.stop();
  assert.ok(performance.now() - begin < 2_000);
  assert.deepEqual(await tree.members(pid!), []);
  assert.equal(existsSync(join(folder, "gateway.json")), false);
});

test("a port that another program holds leads to the next one", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const asked: (readonly number[])[] = [];
  const { supervisor } = supervise("", {
    launch: async (taken) => {
      asked.push(taken);
      const next = taken.length === 0 ? port : ((await findFreePort(port, taken)) ?? 0);
      const script = 'setInterval(()=>{},1e3);console.log("up")';
      return { command: [process.execPath, "-e", script], env: {}, cwd: folder, port: next, version: "1" };
    },
  });
  supervisor.start();
  await until(() => phase(supervisor) === "ready");
  assert.deepEqual(asked, [[], [port]]);
  assert.notEqual(supervisor.state().port, port);
  await supervisor.stop();
  server.close();
});

test("a port that another program takes during the start leads to the next one, whether or not ours ends of it", async () => {
  const takers: Server[] = [];
  const ports: number[] = [];
  const starts = [
    'setTimeout(()=>process.exit(1),50);console.log("up")',
    'setInterval(()=>{},1e3);console.log("up")',
    'require("net").createServer().listen(PORT,"127.0.0.1",()=>console.log("up"));setInterval(()=>{},1e3)',
  ];
  const { supervisor } = supervise("", {
    launch: async (taken) => {
      const port = (await findFreePort(20_000 + Math.floor(Math.random() * 30_000), taken)) ?? 0;
      const script = (starts[ports.push(port) - 1] ?? "").replace("PORT", String(port));
      return { command: [process.execPath, "-e", script], env: {}, cwd: folder, port, version: "1" };
    },
    secretsWindow: {
      async open() {
        if (ports.length < starts.length)
          await new Promise<void>((resolve) =>
            takers.push(createServer().listen(ports.at(-1), "127.0.0.1", resolve)),
          );
      },
      close() {},
      outcome: () => "answered",
    },
    async probe({ port, isListening, signal }) {
      if (ports.length === 1) return new Promise(() => undefined);
      for (let looks = 0; !(await isListening()); looks += 1) {
        if (looks === 20) throw new SmartClawError("PORT_IN_USE", `${port} is somebody else's`, "");
        await sleep(20, undefined, { signal });
      }
    },
  });
  after(() => takers.forEach((server) => server.close()));
  supervisor.start();
  await until(() => phase(supervisor) === "ready");
  assert.equal(supervisor.state().port, ports[2]);
  assert.equal(new Set(ports).size, 3);
  assert.equal(supervisor.state().restarts, 0);
});

test("a program that is not there is a failure with a reason, not a loop", async () => {
  const { supervisor } = supervise("", {
    launch: () =>
      Promise.resolve({ command: [join(folder, "none")], env: {}, cwd: folder, port: 40_001, version: "1" }),
  });
  supervisor.start();
  await until(() => phase(supervisor) === "failed");
  assert.match(supervisor.state().error?.message ?? "", /could not be run \(ENOENT\)/);
});

test("one that never answers is ended and tried again, then given up", async () => {
  const { supervisor, tree } = supervise("setInterval(()=>{},1e3)", {
    probe: () => new Promise(() => undefined),
    limits: { startMs: 150, maxCrashes: 2 },
  });
  const pids: number[] = [];
  supervisor.onChange(({ pid }) => pid !== null && pids.push(pid));
  supervisor.start();
  await until(() => phase(supervisor) === "failed");
  assert.equal(new Set(pids).size, 2);
  assert.equal(supervisor.state().error?.code, "GATEWAY_NOT_READY");
  assert.match(supervisor.state().error?.message ?? "", /2 times in a row/);
  assert.deepEqual(await tree.members(pids.at(-1)!), []);
});

test("stop in the middle of a start, start in the middle of a stop", async () => {
  const { supervisor } = supervise('setInterval(()=>{},1e3);console.log("up")');
  supervisor.start();
  await supervisor.stop();
  assert.equal(phase(supervisor), "stopped");
  supervisor.start();
  await until(() => phase(supervisor) === "ready");
  const { pid } = supervisor.state();
  const stopping = supervisor.stop();
  supervisor.start();
  supervisor.start();
  await until(() => phase(supervisor) === "ready" && supervisor.state().pid !== pid);
  void supervisor.stop();
  await stopping;
  await until(() => phase(supervisor) === "stopped");
});

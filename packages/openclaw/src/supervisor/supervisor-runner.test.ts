import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { quietLog, until } from "../gateway/testing/real-gateway.ts";
import { createProcessTree } from "../watchdog/process-tree.ts";
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

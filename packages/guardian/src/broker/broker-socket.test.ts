/** The door of the broker, as OpenClaw's plugin knocks at it, and as others might. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, beforeEach, test } from "node:test";
import { SmartClawError } from "@smartclaw/contracts";
import { describedWorld } from "../world/described-world.ts";
import type { Broker } from "./broker.ts";
import { openBrokerSocket } from "./broker-socket.ts";
import type { ToolCall } from "./tool-call.ts";

const root = mkdtempSync(join(tmpdir(), "sc-door-"));
after(() => rmSync(root, { recursive: true, force: true }));
const socketPath = join(root, "run", "broker.sock");

const heard: unknown[] = [];
const warned: string[] = [];
let decided: ((signal: AbortSignal) => Promise<unknown>) | null = null;
const broker: Broker = {
  async decide(call, signal) {
    heard.push(call);
    return ((await decided?.(signal)) ?? { action: "allow", ticket: "t" }) as Awaited<
      ReturnType<Broker["decide"]>
    >;
  },
  async prepare(spawn) {
    heard.push(spawn);
    return await Promise.resolve({ job: "j", argv: ["true"] });
  },
  finish: (job) => void heard.push(["finish", job]),
  close: (session, toolCallId) => void heard.push(["close", session, toolCallId]),
  over(session, toolCallId, tab) {
    heard.push(["over", session, toolCallId, tab]);
    return { withheld: null, note: "told" };
  },
  mayReach: () => "not granted",
  hint: (session) => Promise.resolve(`hint for ${session}`),
  files: { covers: () => false, withoutCopy: () => null },
  noteFile() {},
  questions: { waiting: () => [], askedSince: () => 0 },
  answer() {},
  pauses: { paused: () => [], resume: () => false },
  started: (child, parent) => void heard.push(["started", child, parent]),
  probe: () => ({ word: "", answer: "" }),
  stopAll: () => 0,
};
const world = describedWorld({
  home: "/home/u",
  user: "u",
  files: ["/p/file"],
  folders: ["/p/real"],
  links: { "/p/link": "real" },
  hardLinks: [],
  controlPorts: [],
});

let door: { close(): void };
beforeEach(async () => {
  heard.length = 0;
  warned.length = 0;
  decided = null;
  door = await openBrokerSocket({
    socketPath,
    broker,
    world,
    files(session, order) {
      heard.push([session, order]);
      if (order.path === "/forbidden") throw new SmartClawError("FORBIDDEN", "Not decided on.", "Ask.");
      if (order.path === "/broken") throw new TypeError("inner words");
      return { done: true };
    },
    log: { info() {}, warn: (_, message) => void warned.push(message), error() {} },
  });
});
afterEach(() => door.close());

async function connect(): Promise<Socket> {
  const socket = createConnection(socketPath);
  socket.on("error", () => undefined);
  await new Promise((resolve) => socket.once("connect", resolve));
  return socket;
}

async function endOf(socket: Socket): Promise<string> {
  let text = "";
  socket.on("data", (data) => (text += data.toString()));
  await new Promise((resolve) => socket.once("close", resolve));
  return text;
}

async function say(text: string | Uint8Array): Promise<unknown> {
  const socket = await connect();
  socket.write(text);
  const said = await endOf(socket);
  return said === "" ? null : JSON.parse(said);
}
const order = async (one: unknown): Promise<unknown> => await say(`${JSON.stringify(one)}\n`);

const call: ToolCall = {
  tool: "exec",
  params: { command: "ls" },
  toolCallId: "c",
  session: "s",
  isOwner: true,
};

test("each order has its answer, and a door that nobody else opens", async () => {
  assert.equal(statSync(socketPath).mode & 0o777, 0o600);
  assert.equal(statSync(join(root, "run")).mode & 0o777, 0o700);
  assert.deepEqual(await order({ op: "decide", call }), { answer: { action: "allow", ticket: "t" } });
  assert.deepEqual(heard.at(-1), call);
  const prepare = {
    op: "prepare",
    ticket: "t",
    session: "s",
    command: "ls",
    folder: "/p",
    environment: { A: "b" },
  };
  assert.deepEqual(await order(prepare), { answer: { job: "j", argv: ["true"] } });
  assert.deepEqual(await order({ op: "finish", job: "j" }), { answer: {} });
  assert.deepEqual(await order({ op: "close", session: "s", toolCallId: "c" }), { answer: {} });
  assert.deepEqual(heard.slice(-2), [
    ["finish", "j"],
    ["close", "s", "c"],
  ]);
  const over = { op: "over", session: "s", toolCallId: "c", tab: null };
  assert.deepEqual(await order(over), { answer: { withheld: null, note: "told" } });
  assert.deepEqual(heard.at(-1), ["over", "s", "c", null]);
  assert.deepEqual(await order({ op: "hint", session: "s" }), { answer: { text: "hint for s" } });
  assert.deepEqual(await order({ op: "folder", path: "/p/link/../real" }), { answer: { path: "/p/real" } });
  for (const path of ["/p/file", "/p/none"])
    assert.deepEqual(await order({ op: "folder", path }), { answer: { path: null } });
  const file = { what: "stat", path: "/p/file" };
  assert.deepEqual(await order({ op: "file", session: "s", order: file }), { answer: { done: true } });
});

test("what is no order has a sentence for an answer, and reaches nobody", async () => {
  const nonsense: unknown[] = [
    null,
    [],
    "decide",
    {},
    { op: "panic" },
    { op: "decide" },
    { op: "decide", call: { ...call, session: "" } },
    { op: "decide", call: { ...call, session: undefined } },
    { op: "decide", call: { ...call, params: ["ls"] } },
    { op: "decide", call: { ...call, isOwner: "yes" } },
    { op: "decide", call: { ...call, toolCallId: "x".repeat(301) } },
    { op: "prepare", ticket: "t", session: "s", command: "ls", folder: "p", environment: {} },
    { op: "prepare", ticket: "t", session: "s", command: "ls", folder: "/p", environment: { A: 1 } },
    { op: "prepare", ticket: ["t"], session: "s", command: "ls", folder: "/p", environment: {} },
    { op: "close", toolCallId: "c" },
    { op: "file", session: "s", order: { what: "exec", path: "/" } },
  ];
  const fault = { fault: "SmartClaw does not understand this order." };
  for (const one of nonsense) assert.deepEqual(await order(one), fault, JSON.stringify(one));
  for (const text of ["\n", "{\n", '{"op":"hint"\n', "\0\n", Buffer.from([0xff, 0xfe, 10])])
    assert.deepEqual(await say(text), fault);
  assert.deepEqual(heard, []);
});

test("a fault is told in words for people, and inner ones are kept", async () => {
  const file = async (path: string) =>
    await order({ op: "file", session: "s", order: { what: "stat", path } });
  assert.deepEqual(await file("/forbidden"), { fault: "Not decided on." });
  const { fault } = (await file("/broken")) as { fault: string };
  assert.ok(!fault.includes("inner words"), fault);
  assert.equal(warned.length, 2);
});

test("an order may come in pieces, and only the first line is one", async () => {
  const text = Buffer.from(`${JSON.stringify({ op: "hint", session: "söß" })}\n{"op":"finish","job":"j"}\n`);
  const socket = await connect();
  const end = endOf(socket);
  for (const byte of text) {
    socket.write(Uint8Array.of(byte));
    if (byte === 195) await new Promise((resolve) => setImmediate(resolve));
  }
  assert.deepEqual(JSON.parse(await end), { answer: { text: "hint for söß" } });
  assert.deepEqual(heard, [], "what came after it was not carried out");
});

test("who goes before the answer is not waited for", async () => {
  for (const leave of ["destroy", "end"] as const) {
    let gone = false;
    decided = async (signal) => {
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
      gone = true;
      return { action: "deny", reason: "" };
    };
    const socket = await connect();
    socket.write(`${JSON.stringify({ op: "decide", call })}\n`);
    await until(() => heard.length > 0);
    socket[leave]();
    await until(() => gone);
    heard.length = 0;
  }
});

test("who says nothing, or half of it, or too much, keeps nobody else out", async () => {
  const quiet = await Promise.all(Array.from({ length: 100 }, connect));
  for (const [at, socket] of quiet.entries()) if (at % 2 === 0) socket.write('{"op":"hint",');
  assert.deepEqual(await order({ op: "hint", session: "s" }), { answer: { text: "hint for s" } });
  // More than there is room for are turned away.
  const more = await Promise.all(Array.from({ length: 150 }, connect));
  for (const socket of more) socket.resume();
  await until(() => more.filter(({ destroyed }) => destroyed).length >= 50);
  for (const socket of more) socket.destroy();
  for (const socket of quiet) socket.destroy();
  await until(async () => (await order({ op: "hint", session: "s" }).catch(() => null)) !== null);
});

test("an order that is too large is cut off", async () => {
  const socket = await connect();
  const end = endOf(socket);
  const chunk = Buffer.alloc(1024 * 1024, "x");
  let sent = 0;
  const pour = (): void => {
    while (!socket.destroyed && sent < 120) {
      sent += 1;
      if (!socket.write(chunk)) return void socket.once("drain", pour);
    }
  };
  pour();
  assert.equal(await end, "");
  assert.ok(sent < 120, "it was cut off before all was said");
  assert.deepEqual(heard, []);
});

test("a door that is shut is gone, with all that waited; what was left of another one is replaced", async () => {
  const socket = await connect();
  const end = endOf(socket);
  door.close();
  await end;
  assert.equal(existsSync(socketPath), false);
  symlinkSync("nowhere", socketPath);
  mkdirSync(join(root, "run"), { recursive: true });
  const options = { socketPath, broker, world, files: () => ({}), log: { info() {}, warn() {}, error() {} } };
  door = await openBrokerSocket(options);
  assert.deepEqual(await order({ op: "hint", session: "s" }), { answer: { text: "hint for s" } });
});

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 10_000; !(await holds());) {
    assert.ok(Date.now() < end, "it did not come to it");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

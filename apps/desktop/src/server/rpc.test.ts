import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { after, test } from "node:test";
import type { ErrorReport, LogLine } from "@smartclaw/contracts";
import { createRpcHandler } from "../api/router.ts";
import type { House } from "../daemon/house.ts";
import { createHub } from "../daemon/hub.ts";
import { maxBodyBytes } from "./body.ts";
import { createSocketDoor } from "./doors.ts";
import { securityHeaders } from "./headers.ts";
import { serve } from "./testing/serve.ts";

let shutdowns = 0;
const lines = createHub<LogLine>();
let readers = 0;
let gone: () => void = () => undefined;
/** As much of a house as these calls need. */
const house: Pick<House, "requestShutdown" | "status"> & { logs: Pick<House["logs"], "lines" | "log"> } = {
  requestShutdown: () => void (shutdowns += 1),
  status() {
    throw new Error("sk-secret");
  },
  logs: {
    log: { info() {}, warn() {}, error() {} },
    lines: {
      ...lines,
      async *iterate(signal) {
        readers += 1;
        try {
          yield* lines.iterate(signal);
        } finally {
          readers -= 1;
          gone();
        }
      },
    },
  },
};
const served = await serve(createSocketDoor({ rpc: createRpcHandler(house as House) }));
after(() => served.close());

const shutDown = (body?: string | string[], headers: Record<string, string> = {}) => {
  const all = { "content-type": "application/json", ...headers };
  return served.ask("/rpc/system/shutdown", { method: "POST", headers: all, ...(body && { body }) });
};
/** JSON of exactly so many bytes. */
const padded = (bytes: number) => `{"json":{},"x":"${"x".repeat(bytes - 18)}"}`;
const inParts = (text: string) => text.match(/[^]{1,50000}/g) ?? [];

test("a call is answered, whatever its body is sent like", async () => {
  shutdowns = 0;
  for (const body of [undefined, "{}", '{"json":{}}', inParts(padded(120_000))]) {
    const { status, text } = await shutDown(body);
    assert.equal(status, 200, text);
    assert.deepEqual(JSON.parse(text), { json: { stopping: true } });
  }
  assert.equal(shutdowns, 4);
});

test("1 MB is taken and a byte more is not, whether the length is said or not", async () => {
  shutdowns = 0;
  const largest = padded(maxBodyBytes);
  const tooLarge = padded(maxBodyBytes + 1);
  for (const body of [largest, inParts(largest)]) assert.equal((await shutDown(body)).status, 200);
  const huge = "x".repeat(8 * maxBodyBytes);
  for (const body of [tooLarge, inParts(tooLarge), huge, inParts(huge)]) {
    const { status, text } = await shutDown(body);
    assert.equal(status, 413);
    assert.equal((JSON.parse(text) as ErrorReport).code, "TOO_LARGE");
  }
  assert.equal(shutdowns, 2);
});

test("what is no JSON is no call", async () => {
  shutdowns = 0;
  for (const body of ["{not json", "\0", "{} {}", '{"json":'])
    for (const type of ["application/json", "text/plain", "multipart/form-data; boundary=x"]) {
      const { status, text } = await shutDown(body, { "content-type": type });
      assert.equal(status, 400);
      assert.equal((JSON.parse(text) as ErrorReport).code, "BAD_REQUEST");
    }
  assert.equal((await shutDown("null")).status, 400);
  assert.equal(shutdowns, 0);
});

test("a fault and an unknown call have the headers of every answer", async () => {
  const fault = await served.ask("/rpc/system/status", { method: "POST" });
  assert.equal(fault.status, 400);
  assert.match(fault.text, /INTERNAL/);
  assert.ok(!fault.text.includes("sk-secret"));
  const unknown = await served.ask("/rpc/system/nothing", { method: "POST" });
  assert.equal(unknown.status, 404);
  assert.equal((JSON.parse(unknown.text) as ErrorReport).code, "NOT_FOUND");
  for (const { headers } of [fault, unknown]) {
    for (const [name, value] of Object.entries(securityHeaders)) assert.equal(headers[name], value);
    assert.equal(headers["cache-control"], "no-store");
  }
});

test("a stream has the headers of every answer, and ends when its client goes away", async () => {
  const stream = await served.open("/rpc/system/followLogs", { method: "POST", body: "{}" });
  assert.equal(stream.headers["content-type"], "text/event-stream");
  for (const [name, value] of Object.entries(securityHeaders)) assert.equal(stream.headers[name], value);
  assert.equal(stream.headers["cache-control"], "no-store");
  lines.publish({ at: 1, source: "smartclaw", level: "info", text: "the first line" });
  await stream.until("the first line");
  assert.equal(readers, 1);
  const ended = new Promise<void>((resolve) => (gone = resolve));
  stream.leave();
  await Promise.race([ended, pause(5_000).then(() => assert.fail("the stream goes on"))]);
  assert.equal(readers, 0);
});

test("who goes away in the middle of a request has asked for nothing", async () => {
  shutdowns = 0;
  const head = "POST /rpc/system/shutdown HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{}";
  await served.leaveAfter(head);
  assert.equal((await shutDown()).status, 200);
  assert.equal(shutdowns, 1);
});

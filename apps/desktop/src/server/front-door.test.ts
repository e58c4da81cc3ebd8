import assert from "node:assert/strict";
import { createServer, request, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { createFrontDoor } from "./front-door.ts";
import { securityHeaders } from "./headers.ts";

const index = new TextEncoder().encode("<title>SmartClaw</title>");
const houseSays = "the house";
const house: RequestListener = (_request, response) => response.end(houseSays);

interface Asked {
  readonly answer: IncomingMessage;
  readonly text: string;
}

async function openDoor(t: TestContext) {
  const door = createFrontDoor(async () => ({
    status: 200,
    type: "text/html; charset=utf-8",
    immutable: false,
    body: index,
  }));
  const server = createServer(door.listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const ask = (
    path: string,
    options: { method?: string; headers?: Record<string, string>; signal?: AbortSignal } = {},
  ) =>
    new Promise<Asked>((resolve, reject) => {
      const headers = { host: `localhost:${port}`, ...options.headers };
      const outgoing = request(
        { host: "127.0.0.1", port, path, method: "GET", ...options, headers, agent: false },
        (answer) => {
          let text = "";
          answer.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
          answer.once("end", () => resolve({ answer, text }));
        },
      );
      outgoing.once("error", reject);
      outgoing.end();
    });
  return { door, ask, arrived: () => new Promise((resolve) => setTimeout(resolve, 60)) };
}

test("the page is answered before there is a house, with the headers of every answer", async (t) => {
  const { door, ask } = await openDoor(t);
  for (const method of ["GET", "HEAD"]) {
    const { answer, text } = await ask("/keys?from=here", { method });
    assert.equal(answer.statusCode, 200);
    assert.equal(text, method === "GET" ? "<title>SmartClaw</title>" : "");
    assert.equal(answer.headers["cache-control"], "no-store");
    for (const [name, value] of Object.entries(securityHeaders)) assert.equal(answer.headers[name], value);
  }
  await door.asked;
});

test("everything else waits for the house, and all that comes later goes to it", async (t) => {
  const { door, ask, arrived } = await openDoor(t);
  const foreign = { headers: { host: "evil.test" } };
  const waiting = [
    ask("/rpc/system/status", { method: "POST" }),
    ask("/session/login", { method: "POST" }),
    ask("/healthz"),
    ask("/", foreign),
    ask("/", { headers: { origin: "https://evil.test" } }),
    ask("/", { headers: { "sec-fetch-site": "same-site" } }),
    ask("//"),
  ];
  const early = await Promise.race([Promise.any(waiting), arrived()]);
  assert.equal(early, undefined, "nobody was answered");
  door.handOver(house);
  for (const { text } of await Promise.all(waiting)) assert.equal(text, houseSays);
  assert.equal((await ask("/")).text, houseSays);
  assert.equal((await ask("/", foreign)).text, houseSays);
});

test("who went away while waiting is not answered", async (t) => {
  const { door, ask, arrived } = await openDoor(t);
  const controller = new AbortController();
  const gone = ask("/rpc/system/status", { method: "POST", signal: controller.signal });
  const stays = ask("/rpc/system/watch", { method: "POST" });
  await arrived();
  controller.abort();
  await assert.rejects(gone, { name: "AbortError" });
  await arrived();
  const served: string[] = [];
  door.handOver((incoming, response) => {
    served.push(incoming.url ?? "");
    house(incoming, response);
  });
  await stays;
  assert.deepEqual(served, ["/rpc/system/watch"]);
});

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, test } from "node:test";
import { listenOnFirstFree } from "./listen.ts";

const servers = [createServer(), createServer(), createServer()] as const;
const [holder, server, late] = servers;
after(() => servers.forEach((one) => one.close()));

test("a port that is held by another program is passed over", async () => {
  const taken = await listenOnFirstFree(holder, [0]);
  const port = await listenOnFirstFree(server, [taken, 0]);
  assert.notEqual(port, taken);
  assert.deepEqual(server.address(), { address: "127.0.0.1", family: "IPv4", port });
});

test("with no port left the system's error is told", async () => {
  const { port } = holder.address() as { port: number };
  await assert.rejects(listenOnFirstFree(late, [port]), { code: "EADDRINUSE" });
});

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { after, test } from "node:test";
import { ownerOf } from "./connection-owner.ts";
import { createProcessTree } from "./process-tree.ts";

const { platform } = process;

test("a connection belongs to the tree's process that opened it, and to no other", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const serverPort = (server.address() as AddressInfo).port;
  const connectAndWait = `require("node:net").connect(${serverPort}, "127.0.0.1"); setTimeout(() => {}, 60000)`;
  const grandchild = `require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(connectAndWait)}], { stdio: "inherit" }); setTimeout(() => {}, 60000)`;
  const accepted = once(server, "connection") as Promise<[Socket]>;
  const root = spawn(process.execPath, ["-e", grandchild], { stdio: "ignore" });
  const tree = createProcessTree({ platform, marker: null });
  after(async () => {
    await tree.kill(root.pid ?? 0);
    server.close();
  });
  const [inside] = await accepted;
  const find = (socket: Socket) =>
    ownerOf({ clientPort: socket.remotePort ?? 0, serverPort }, { tree, root: root.pid ?? 0, platform });
  const owner = await find(inside);
  assert.ok(owner !== null && owner.pid !== root.pid && owner.parent === root.pid);

  const [[outside], own] = await Promise.all([
    once(server, "connection") as Promise<[Socket]>,
    once(connect(serverPort, "127.0.0.1"), "connect"),
  ]);
  assert.ok(own);
  assert.equal(await find(outside), null);
  inside.destroy();
  outside.destroy();
});

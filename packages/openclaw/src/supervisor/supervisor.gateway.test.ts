import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { Socket } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import {
  createRealGateway,
  quietLog,
  skipWithoutOpenclaw,
  until,
  type RealGateway,
} from "../gateway/testing/real-gateway.ts";
import { startWatchdog } from "../watchdog/watchdog.ts";
import type { TreeSocket } from "../watchdog/tree-socket.ts";

/** RFC 6455, section 1.3. */
const webSocketGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** Runs the secret provider as OpenClaw would. */
function askProvider(command: string): Promise<{ code: number | null; stdout: string }> {
  return new Promise((resolve) => {
    const child = execFile(command, (error, stdout) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout });
    });
    child.stdin?.end(JSON.stringify({ protocolVersion: 1, provider: "smartclaw", ids: ["gateway/token"] }));
  });
}

async function sendTurn(real: RealGateway, text: string): Promise<void> {
  const sessionKey = `agent:main:${randomUUID()}`;
  await real.gateway.request("sessions.create", { key: sessionKey }, z.unknown());
  await real.gateway.request(
    "chat.send",
    { sessionKey, message: text, idempotencyKey: randomUUID() },
    z.unknown(),
  );
}

test("the real OpenClaw under the supervisor", { skip: skipWithoutOpenclaw }, async (t) => {
  let real: RealGateway;
  before(async () => {
    real = await createRealGateway({ limits: { backOffMs: 200, stopMs: 3_000 }, extra: { tools: {} } });
    real.supervisor.start();
    await real.reach("ready");
    await until(() => real.gateway.connected());
  });
  after(async () => await real.dispose());

  await t.test("ready means that the protocol answered", async () => {
    const state = real.supervisor.state();
    assert.ok(state.pid !== null && state.readyAt !== null);
    const members = await real.tree.members(state.pid);
    assert.ok(members.length >= 2, "OpenClaw's spawn broker belongs to the tree");
    assert.ok(
      members.some((member) => member.group !== state.pid),
      "also when it leads a group of its own",
    );
  });

  await t.test("after the start nobody gets a secret", async () => {
    assert.equal(existsSync(join(real.home, "run", "secrets.sock")), false);
    const { code, stdout } = await askProvider(real.provider.command);
    assert.equal(code, 1);
    assert.equal(stdout, "");
  });

  await t.test("a killed gateway is started again", async () => {
    const { pid } = real.supervisor.state();
    const phases: string[] = [];
    const stop = real.supervisor.onChange((state) => phases.push(state.phase));
    process.kill(pid!, "SIGKILL");
    await until(() => phases.includes("ready"), 180_000);
    stop();
    assert.deepEqual([...new Set(phases)], ["backing-off", "starting", "ready"]);
    assert.equal(real.supervisor.state().restarts, 1);
  });

  await t.test("a stop with a hanging turn is quick and leaves no process", async () => {
    await until(() => real.gateway.connected());
    const { pid } = real.supervisor.state();
    const asked = real.model.requests();
    await sendTurn(real, "HANG please");
    await until(() => real.model.requests() > asked);
    const begin = performance.now();
    await real.supervisor.stop();
    assert.ok(performance.now() - begin < 8_000, `${performance.now() - begin} ms`);
    assert.equal(real.supervisor.state().phase, "stopped");
    assert.deepEqual(await real.tree.members(pid!), []);
  });

  await t.test(
    "a child that listens on every address: all is killed, and the reason says who and where",
    async () => {
      real.supervisor.start();
      await real.reach("ready");
      await until(() => real.gateway.connected());
      const { pid } = real.supervisor.state();
      const seen: TreeSocket[] = [];
      const stop = startWatchdog({
        pid: () => real.supervisor.state().pid,
        tree: real.tree,
        platform: process.platform,
        log: quietLog,
        intervalMs: 500,
        onListeners: () => undefined,
        onOutbound: () => undefined,
        onViolation: (violations) => {
          seen.push(...violations);
          real.supervisor.reportExposure(violations);
        },
      });
      const script = "require('net').createServer().listen(0,'0.0.0.0')";
      await sendTurn(real, `RUN setsid ${process.execPath} -e "${script}" END`);
      const state = await real.reach("failed");
      stop();
      assert.equal(state.error?.code, "GATEWAY_EXPOSED");
      assert.match(
        state.error.message,
        new RegExp(`node.* listened on 0\\.0\\.0\\.0 port ${seen[0]!.port} \\(TCP\\)`),
      );
      assert.deepEqual(await real.tree.members(pid!), []);
    },
  );
});

test(
  "a configuration that OpenClaw refuses is repaired once, then reported",
  { skip: skipWithoutOpenclaw },
  async () => {
    let repairs = 0;
    const real = await createRealGateway({
      extra: { gateway: { bind: "loopback" } },
      repair: () => Promise.resolve(void (repairs += 1)),
    });
    real.supervisor.start();
    const { error } = await real.reach("failed");
    assert.equal(error?.code, "GATEWAY_CONFIG");
    assert.equal(repairs, 1);
    await real.dispose();
  },
);

test(
  "without its token OpenClaw does not start, and the reason is named",
  { skip: skipWithoutOpenclaw },
  async () => {
    const real = await createRealGateway({ knowsToken: () => false });
    real.supervisor.start();
    const { error } = await real.reach("failed", "backing-off");
    assert.match(error?.message ?? "", /could not give it its access token/);
    await real.dispose();
  },
);

test(
  "a stranger that takes the port and answers as OpenClaw is shown no token, and OpenClaw starts on another",
  { skip: skipWithoutOpenclaw },
  async () => {
    const heard: string[] = [];
    let stranger: Server | null = null;
    const real = await createRealGateway({
      async beforeStart(port, version) {
        if (stranger !== null) return;
        const server = createServer((request, response) => {
          heard.push(`${request.url} ${JSON.stringify(request.headers)}`);
          response.end(JSON.stringify({ ok: true, status: "started", version }));
        });
        server.on("upgrade", (request, socket: Socket) => {
          heard.push(`${request.url} ${JSON.stringify(request.headers)}`);
          const key = createHash("sha1").update(`${request.headers["sec-websocket-key"]}${webSocketGuid}`);
          const accept = key.digest("base64");
          socket.write(
            `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
          );
          socket.on("data", () => heard.push("a message"));
        });
        stranger = server.listen(port, "127.0.0.1");
        await once(server, "listening");
      },
    });
    after(() => {
      stranger?.close();
      stranger?.closeAllConnections();
    });
    const held = await new Promise((resolve) => {
      real.supervisor.onChange(({ port }) => port !== null && resolve(port));
      real.supervisor.start();
    });
    const { port, restarts } = await real.reach("ready", "failed");
    assert.notEqual(port, held);
    assert.equal(restarts, 0);
    assert.ok(
      heard.every((text) => text.startsWith("/startupz ") && !text.includes(real.token)),
      heard.join("\n"),
    );
    assert.ok(heard.length > 0);
    await real.dispose();
  },
);

test("a daemon that is killed takes OpenClaw with it", { skip: skipWithoutOpenclaw }, async () => {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL("testing/orphaning-daemon.ts", import.meta.url))],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const said = await new Promise<string>((resolve) =>
    child.stdout.once("data", (data: Buffer) => resolve(data.toString())),
  );
  const [pid = "", home = ""] = said.trim().split(" ");
  assert.ok(Number(pid) > 0);
  child.kill("SIGKILL");
  await until(() => !existsSync(`/proc/${pid}`), 15_000);
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
});

import { chmodSync, mkdirSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { dirname } from "node:path";
import { type Log, reportOf } from "@smartclaw/contracts";
import { z } from "zod";
import { fileOrder, type FileOrder } from "../files/file-orders.ts";
import { resolvePath } from "../paths/resolve.ts";
import type { World } from "../world/world.ts";
import type { Broker } from "./broker.ts";
import { toolCall } from "./tool-call.ts";

const session = z.string().min(1).max(300);
const folder = z.string().startsWith("/").max(4096);

/** What the plugin in OpenClaw says, one line of JSON a connection. */
const order = z.discriminatedUnion("op", [
  z.object({ op: z.literal("decide"), call: toolCall }),
  z.object({
    op: z.literal("prepare"),
    ticket: z.string().max(200),
    session,
    command: z.string(),
    folder,
    environment: z.record(z.string(), z.string()),
  }),
  z.object({ op: z.literal("finish"), job: z.string().max(4096) }),
  z.object({ op: z.literal("close"), session, toolCallId: z.string().max(300) }),
  z.object({
    op: z.literal("over"),
    session,
    toolCallId: z.string().max(300),
    tab: z.string().max(300).nullable(),
  }),
  z.object({ op: z.literal("started"), child: session, parent: session }),
  z.object({ op: z.literal("folder"), path: folder }),
  z.object({ op: z.literal("hint"), session }),
  z.object({ op: z.literal("file"), session, order: fileOrder }),
]);

/** A file of 64 MiB in base64, and what is round it. In bytes. */
const largestOrder = 96 * 1024 * 1024;
/** For the order to be there; a decision may take as long as the owner takes. */
const orderWithinMs = 15_000;
/** OpenClaw has one for each call of a tool. */
const mostConnections = 200;

/**
 * The broker's door: a Unix socket that nobody else's programs reach, and that is not there for a sandboxed command. A
 * connection carries one order and its answer; its end means that nobody waits any more.
 */
export async function openBrokerSocket(deps: {
  readonly socketPath: string;
  readonly broker: Broker;
  readonly files: (session: string, order: FileOrder) => unknown;
  readonly world: World;
  readonly log: Log;
}): Promise<{ close(): void }> {
  const { socketPath, broker, log } = deps;
  mkdirSync(dirname(socketPath), { recursive: true, mode: 0o700 });
  rmSync(socketPath, { force: true });
  const sockets = new Set<Socket>();

  async function carryOut(text: string, signal: AbortSignal): Promise<unknown> {
    const asked = order.parse(JSON.parse(text));
    switch (asked.op) {
      case "decide":
        return await broker.decide(asked.call, signal);
      case "prepare":
        return await broker.prepare(asked);
      case "finish":
        return broker.finish(asked.job) ?? {};
      case "close":
        return broker.close(asked.session, asked.toolCallId) ?? {};
      case "over":
        return broker.over(asked.session, asked.toolCallId, asked.tab);
      case "started":
        return broker.started(asked.child, asked.parent) ?? {};
      case "hint":
        return { text: await broker.hint(asked.session) };
      case "folder": {
        const place = resolvePath(deps.world, "/", asked.path);
        return { path: place?.kind === "folder" ? place.path : null };
      }
      case "file":
        return deps.files(asked.session, asked.order);
    }
  }

  const server = createServer({ allowHalfOpen: false }, (socket) => {
    sockets.add(socket);
    const gone = new AbortController();
    const late = setTimeout(() => socket.destroy(), orderWithinMs);
    socket.on("error", () => undefined);
    socket.on("close", () => {
      sockets.delete(socket);
      clearTimeout(late);
      gone.abort();
    });
    onOrder(socket, (text) => {
      clearTimeout(late);
      void carryOut(text, gone.signal)
        .then((answer) => ({ answer }))
        .catch((error: unknown) => {
          if (error instanceof z.ZodError || error instanceof SyntaxError)
            return { fault: "SmartClaw does not understand this order." };
          const { message } = reportOf(error);
          log.warn({ error: reportOf(error) }, "an order of OpenClaw was not carried out");
          return { fault: message };
        })
        .then((reply) => socket.end(`${JSON.stringify(reply)}\n`));
    });
  });
  server.maxConnections = mostConnections;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(socketPath, resolve);
  });
  chmodSync(socketPath, 0o600);
  return {
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      rmSync(socketPath, { force: true });
    },
  };
}

function onOrder(socket: Socket, listener: (text: string) => void): void {
  const chunks: Buffer[] = [];
  let length = 0;
  socket.on("data", (chunk: Buffer) => {
    const end = chunk.indexOf(10);
    chunks.push(end < 0 ? chunk : chunk.subarray(0, end));
    length += chunk.length;
    if (length > largestOrder) return socket.destroy();
    if (end < 0) return;
    socket.removeAllListeners("data");
    // What follows the line is not read, but its end is heard.
    socket.resume();
    listener(Buffer.concat(chunks).toString("utf8"));
  });
}

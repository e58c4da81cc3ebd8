import { lookup } from "node:dns/promises";
import http, { createServer, type IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type LedgerTicket, type LedgerWriter, type Log, SmartClawError } from "@smartclaw/contracts";
import { addressKind } from "../addresses.ts";
import { listenOnFirstFree } from "../listen.ts";
import { decideHost, type HostDecision } from "./decide-host-core.ts";

const connectTimeoutMs = 15_000;
const idleTimeoutMs = 300_000;
const hopByHop = new Set([
  "connection",
  "proxy-connection",
  "proxy-authorization",
  "keep-alive",
  "te",
  "trailer",
  "upgrade",
]);

/** The way out for everything of OpenClaw that is not a model request. Refuses what the user did not list. */
export interface ForwardProxy {
  /** @param ports tried in this order; any when none is given. @returns the port on 127.0.0.1 */
  listen(ports?: readonly number[]): Promise<number>;
  close(): Promise<void>;
  stats(): { requests: number; refused: number };
}

export interface ForwardProxyDeps {
  /** The user's list, asked for each request. */
  readonly allowed: () => readonly string[];
  /**
   * Ports on 127.0.0.1 that are doors of SmartClaw itself: some releases of OpenClaw ask even these through the proxy.
   * What is behind them writes the ledger.
   */
  readonly ownDoors: readonly number[];
  readonly ledger: LedgerWriter;
  readonly log: Log;
  /** The process of OpenClaw that opened the connection, for the ledger; null when it is another program's. */
  readonly clientOf: (connection: { clientPort: number; serverPort: number }) => Promise<string | null>;
  /** All addresses of a name. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
}

export function createForwardProxy(deps: ForwardProxyDeps): ForwardProxy {
  const resolve =
    deps.resolve ?? (async (host) => (await lookup(host, { all: true })).map(({ address }) => address));
  const counts = { requests: 0, refused: 0 };
  const sockets = new Set<Socket | Duplex>();
  /** Who is at the other end, asked once for each connection. */
  const clients = new WeakMap<Duplex, Promise<string | null>>();

  /** A stranger may not use OpenClaw's way out; the ledger says that somebody tried. */
  const clientOf = async (socket: Duplex, host: string, port: number): Promise<string | null> => {
    const client = await (clients.get(socket) ?? null);
    if (client === null) refuse("another program", host, port, "only OpenClaw may use this proxy");
    return client;
  };

  const decide = (client: string, host: string, port: number): HostDecision => {
    const decision = decideHost(deps.allowed(), host, port);
    if (decision.allowed) counts.requests++;
    else refuse(client, decision.host, port, decision.reason);
    return decision;
  };

  const refuse = (client: string, host: string, port: number, reason: string): void => {
    counts.requests++;
    counts.refused++;
    const shown = /^[\x21-\x7e]{1,253}$/.test(host) ? host : "(not a host name)";
    deps.ledger.refuse({ door: "forward-proxy", process: client, host: shown, port, reason });
  };

  /** A public address of the name; the connection is made to this one, so that the answer cannot change in between. */
  const publicAddress = async (host: string): Promise<string | null> => {
    const addresses = await resolve(host);
    return addresses.every((address) => addressKind(address) === "public") ? (addresses[0] ?? null) : null;
  };

  const begin = (client: string, host: string, port: number, pattern: string): LedgerTicket =>
    deps.ledger.begin({
      door: "forward-proxy",
      process: client,
      host,
      port,
      reason: `on your list (${pattern})`,
    });

  const tunnel = async (request: IncomingMessage, client: Duplex, head: Buffer): Promise<void> => {
    const target = /^([^:/@\s]+):(\d{1,5})$/.exec(request.url ?? "");
    const port = Number(target?.[2] ?? 0);
    if (target?.[1] === undefined || port < 1 || port > 65_535)
      return answer(client, 400, "The address is not understood.");
    const name = await clientOf(client, target[1], port);
    if (name === null) return answer(client, 403, strangerRefusal);
    const own = target[1] === loopback && deps.ownDoors.includes(port);
    const decision = own ? ownDoor : decide(name, target[1], port);
    if (!decision.allowed) return answer(client, 403, refusal(decision.host));
    const ticket = own ? untold : begin(name, decision.host, port, decision.pattern);
    const address = own ? loopback : await publicAddress(decision.host).catch(() => undefined);
    if (client.destroyed) return ticket.fail("given up by OpenClaw");
    if (address === undefined) {
      ticket.fail("the name was not found");
      return answer(client, 502, `${decision.host} was not found.`);
    }
    if (address === null) {
      ticket.fail("it leads into a private network");
      return answer(client, 403, `${decision.host} leads into a private network, where OpenClaw may not go.`);
    }
    const server = connect({ host: address, port });
    sockets.add(server);
    server.setTimeout(connectTimeoutMs, () => server.destroy());
    server.once("connect", () => {
      server.setTimeout(idleTimeoutMs);
      ticket.connected({ address, fingerprint: null });
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      if (head.length > 0) server.write(head);
      server.on("data", (chunk: Buffer) => ticket.count({ received: chunk.length }));
      client.on("data", (chunk: Buffer) => ticket.count({ sent: chunk.length }));
      server.pipe(client);
      client.pipe(server);
    });
    server.once("error", () => {
      ticket.fail("the connection failed");
      answer(client, 502, `${decision.host} cannot be reached.`);
    });
    server.once("close", () => {
      sockets.delete(server);
      ticket.end();
      client.destroy();
    });
    client.once("close", () => server.destroy());
  };

  const server = createServer({ maxHeaderSize: 16 * 1024, headersTimeout: 10_000 }, (request, response) => {
    const fail = (status: number, message: string): void => {
      if (response.headersSent) return void response.destroy();
      response.writeHead(status, { "content-type": "text/plain; charset=utf-8", connection: "close" });
      response.end(`${message}\n`);
    };
    const forward = async (): Promise<void> => {
      const url = URL.canParse(request.url ?? "") ? new URL(request.url ?? "") : null;
      if (url === null || url.protocol !== "http:" || url.username !== "")
        return fail(400, "This is a proxy; the address is not understood.");
      const port = url.port === "" ? 80 : Number(url.port);
      const name = await clientOf(request.socket, url.hostname, port);
      if (name === null) return fail(403, strangerRefusal);
      const decision = decide(name, url.hostname, port);
      if (!decision.allowed) return fail(403, refusal(decision.host));
      const ticket = begin(name, decision.host, port, decision.pattern);
      const address = await publicAddress(decision.host).catch(() => undefined);
      if (address === undefined || address === null) {
        ticket.fail(address === null ? "it leads into a private network" : "the name was not found");
        return fail(address === null ? 403 : 502, `${decision.host} cannot be reached from here.`);
      }
      const headers = Object.fromEntries(
        Object.entries(request.headers).filter(([name]) => !hopByHop.has(name)),
      );
      const outgoing = http.request(
        {
          host: address,
          port,
          method: request.method,
          path: url.pathname + url.search,
          headers: { ...headers, host: url.host },
          agent: false,
        },
        (incoming) => {
          const returned = Object.fromEntries(
            Object.entries(incoming.headers).filter(([name]) => !hopByHop.has(name)),
          );
          response.writeHead(incoming.statusCode ?? 502, returned);
          incoming.on("data", (chunk: Buffer) => ticket.count({ received: chunk.length }));
          incoming.once("close", () => ticket.end());
          incoming.pipe(response);
        },
      );
      outgoing.once("socket", (socket) => {
        sockets.add(socket);
        socket.once("close", () => sockets.delete(socket));
        socket.once("connect", () => ticket.connected({ address, fingerprint: null }));
      });
      outgoing.once("error", () => {
        ticket.fail("the connection failed");
        fail(502, `${decision.host} cannot be reached.`);
      });
      response.once("close", () => outgoing.destroy());
      request.on("data", (chunk: Buffer) => ticket.count({ sent: chunk.length }));
      request.pipe(outgoing);
    };
    forward().catch((error: unknown) => fail(...faultOf(error)));
  });
  server.on("connection", (socket) => {
    const { remotePort: clientPort = 0, localPort: serverPort = 0 } = socket;
    const asked = deps.clientOf({ clientPort, serverPort }).catch((error: unknown) => {
      deps.log.warn({ error: String(error) }, "the program that uses the forward proxy could not be found");
      return null;
    });
    clients.set(socket, asked);
  });
  server.on("connect", (request, client, head) => {
    sockets.add(client);
    client.once("close", () => sockets.delete(client));
    client.on("error", () => client.destroy());
    tunnel(request, client, head).catch((error: unknown) => answer(client, ...faultOf(error)));
  });
  server.on("clientError", (_error, socket: Socket) => {
    if (socket.writable)
      socket.end("HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
    else socket.destroy();
  });

  return {
    listen: (ports = [0]) => listenOnFirstFree(server, ports),
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
        for (const socket of sockets) socket.destroy();
      }),
    stats: () => ({ ...counts }),
  };
}

const loopback = "127.0.0.1";
const ownDoor = { allowed: true, host: loopback, pattern: loopback } as const;
const untold: LedgerTicket = { connected() {}, count() {}, end() {}, fail() {} };
const strangerRefusal = "This proxy of SmartClaw is for its own OpenClaw only.";

function refusal(host: string): string {
  return `SmartClaw did not let this through: ${host} is not on your list. It can be allowed on the Network page.`;
}

function faultOf(error: unknown): [number, string] {
  return error instanceof SmartClawError
    ? [507, `${error.message} ${error.next}`]
    : [500, "SmartClaw could not do this."];
}

function answer(client: Duplex, status: number, message: string): void {
  if (!client.writable) return void client.destroy();
  const body = Buffer.from(`${message}\n`);
  const reason = http.STATUS_CODES[status] ?? "Error";
  client.end(
    `HTTP/1.1 ${status} ${reason}\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${message}\n`,
  );
}

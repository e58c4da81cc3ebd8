import { lookup } from "node:dns/promises";
import http, { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { LedgerTicket } from "@smartclaw/contracts";
import { answer, type Refusal, refusal, refusalFor, respond } from "./answers.ts";
import { passedOn } from "./headers.ts";

const connectTimeoutMs = 15_000;
const idleTimeoutMs = 300_000;

/** What somebody wants to be connected to, as it was written. */
export interface Destination {
  readonly client: Duplex;
  readonly host: string;
  readonly port: number;
  /** Whether bytes are to be passed on (CONNECT), or a plain request. */
  readonly isTunnel: boolean;
}

/** The word on one destination. What is let through stands in the ledger already. */
export type Admission =
  | { readonly refused: Refusal }
  | {
      readonly refused: null;
      readonly host: string;
      readonly port: number;
      /** Where it is; null when the name says that. */
      readonly address: string | null;
      readonly ticket: LedgerTicket;
    };
type Admitted = Extract<Admission, { refused: null }>;

export interface HttpProxyDeps {
  readonly admit: (destination: Destination) => Promise<Admission>;
  /** Who is not let into private networks, for people: "OpenClaw". */
  readonly user: string;
  /** Whether an address that a name led to may be connected to. */
  readonly isOpen: (address: string) => boolean;
  /** All addresses of a name. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
  readonly connect?: (place: { host: string; port: number }) => Socket;
}

export interface HttpProxy {
  readonly server: Server;
  /** Ends what is open and is objected to. @param objection asked for each; null for none */
  recheck(objection: (host: string, port: number) => string | null): void;
  /** Ends everything. The server takes nobody in any more. */
  close(): Promise<void>;
}

/** A connection that was let through, from the word to its end. */
interface Passage extends Admitted {
  readonly client: Duplex;
  server: Socket | null;
}

/**
 * An HTTP proxy (CONNECT, and plain requests in absolute form) without an opinion of its own: `admit` decides on each
 * request. A name is looked up once, and the connection is made to the address that was looked at, so that the answer
 * cannot change in between; a name with one address that is not open leads nowhere.
 */
export function createHttpProxy(deps: HttpProxyDeps): HttpProxy {
  const { admit, user } = deps;
  const resolve =
    deps.resolve ?? (async (host) => (await lookup(host, { all: true })).map(({ address }) => address));
  const open = deps.connect ?? connect;
  const passages = new Set<Passage>();
  const clients = new Set<Duplex>();

  function begin(admitted: Admitted, client: Duplex): Passage {
    const passage = { ...admitted, client, server: null };
    passages.add(passage);
    return passage;
  }

  function end(passage: Passage): void {
    passages.delete(passage);
    passage.ticket.end();
  }

  /** Null when it may be connected to; then `passage.server` is on its way. */
  async function reach(passage: Passage): Promise<Refusal | null> {
    const { host, port, ticket, client } = passage;
    const fail = (why: string, status: number, message: string): Refusal => {
      ticket.fail(why);
      passages.delete(passage);
      return refusal(status, message);
    };
    const addresses = passage.address === null ? await resolve(host).catch(() => []) : [passage.address];
    if (client.destroyed) return fail(`given up by ${user}`, 502, `${host} is not needed any more.`);
    const [address] = addresses;
    if (address === undefined) return fail("the name was not found", 502, `${host} was not found.`);
    if (passage.address === null && !addresses.every(deps.isOpen))
      return fail(
        "it leads into a private network",
        403,
        `${host} leads into a private network, where ${user} may not go.`,
      );
    const server = open({ host: address, port });
    passage.server = server;
    server.setTimeout(connectTimeoutMs, () =>
      server.destroy(server.connecting ? new Error("the connection took too long") : undefined),
    );
    server.once("connect", () => {
      server.setTimeout(idleTimeoutMs);
      ticket.connected({ address, fingerprint: null });
    });
    server.once("error", () => ticket.fail("the connection failed"));
    server.once("close", () => end(passage));
    return null;
  }

  async function tunnel(request: IncomingMessage, client: Duplex, head: Buffer): Promise<void> {
    const target = /^([^:/@\s]+):(\d{1,5})$/.exec(request.url ?? "");
    const port = Number(target?.[2] ?? 0);
    if (target?.[1] === undefined || port < 1 || port > 65_535)
      return answer(client, refusal(400, "The address is not understood."));
    const admission = await admit({ client, host: target[1], port, isTunnel: true });
    if (admission.refused !== null) return answer(client, admission.refused);
    const { host, ticket } = admission;
    const passage = begin(admission, client);
    const why = await reach(passage);
    const { server } = passage;
    if (why !== null || server === null) return answer(client, why ?? refusalFor(null));
    let connected = false;
    server.once("connect", () => {
      connected = true;
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      if (head.length > 0) {
        ticket.count({ sent: head.length });
        server.write(head);
      }
      server.on("data", (chunk: Buffer) => ticket.count({ received: chunk.length }));
      client.on("data", (chunk: Buffer) => ticket.count({ sent: chunk.length }));
      server.pipe(client);
      client.pipe(server);
    });
    server.once("close", () => {
      if (connected) client.destroy();
      else answer(client, refusal(502, `${host} cannot be reached.`));
    });
    client.once("close", () => server.destroy());
  }

  async function forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = URL.canParse(request.url ?? "") ? new URL(request.url ?? "") : null;
    if (url === null || url.protocol !== "http:" || url.username !== "")
      return respond(response, refusal(400, "This is a proxy; the address is not understood."));
    const client = request.socket;
    const wanted = { client, host: url.hostname, port: url.port === "" ? 80 : Number(url.port) };
    const admission = await admit({ ...wanted, isTunnel: false });
    if (admission.refused !== null) return respond(response, admission.refused);
    const { host, ticket } = admission;
    const passage = begin(admission, client);
    const why = await reach(passage);
    const { server } = passage;
    if (why !== null || server === null) return respond(response, why ?? refusalFor(null));
    const outgoing = http.request(
      {
        createConnection: () => server,
        method: request.method,
        path: url.pathname + url.search,
        headers: { ...passedOn(request.headers), host: url.host },
      },
      (incoming) => {
        response.writeHead(incoming.statusCode ?? 502, passedOn(incoming.headers));
        incoming.on("data", (chunk: Buffer) => ticket.count({ received: chunk.length }));
        incoming.once("close", () => end(passage));
        incoming.pipe(response);
      },
    );
    const failed = (): void => {
      ticket.fail("the connection failed");
      if (!response.writableEnded) respond(response, refusal(502, `${host} cannot be reached.`));
    };
    outgoing.once("error", failed);
    // Who is answered with another protocol than was asked for gets nothing.
    outgoing.once("upgrade", (_incoming, socket) => {
      socket.destroy();
      failed();
    });
    response.once("close", () => outgoing.destroy());
    request.on("data", (chunk: Buffer) => ticket.count({ sent: chunk.length }));
    request.pipe(outgoing);
  }

  const server = createServer({ maxHeaderSize: 16 * 1024, headersTimeout: 10_000 }, (request, response) => {
    forward(request, response).catch((error: unknown) => respond(response, refusalFor(error)));
  });
  server.on("connection", (client) => {
    clients.add(client);
    client.once("close", () => clients.delete(client));
  });
  server.on("connect", (request, client, head) => {
    client.on("error", () => client.destroy());
    tunnel(request, client, head).catch((error: unknown) => answer(client, refusalFor(error)));
  });
  server.on("clientError", (_error, socket: Socket) => {
    if (socket.writable)
      socket.end("HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
    else socket.destroy();
  });

  function cut(passage: Passage, why: string): void {
    passage.ticket.fail(why);
    passage.server?.destroy();
    passage.client.destroy();
  }

  return {
    server,
    recheck(objection) {
      for (const passage of passages) {
        const why = objection(passage.host, passage.port);
        if (why !== null) cut(passage, why);
      }
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
        for (const { server } of passages) server?.destroy();
        for (const client of clients) client.destroy();
      }),
  };
}

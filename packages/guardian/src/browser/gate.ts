import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type Log, reportOf } from "@smartclaw/contracts";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import type { Engine } from "./engine.ts";
import type { BrowserTab } from "./tabs-core.ts";

/** Where OpenClaw attaches to the assistant's browser, as it would to the debugging port of a Chromium. */
export interface Gate {
  readonly port: number;
  close(): Promise<void>;
}

export interface GateDeps {
  /** Tried in this order, on 127.0.0.1; any when none is free. */
  readonly ports: readonly number[];
  /** Whether a connection comes from OpenClaw: what the kernel knows of it, and no secret that could be read. */
  readonly isOpenClaw: (connection: {
    readonly clientPort: number;
    readonly serverPort: number;
  }) => Promise<boolean>;
  /** The browser that runs; null when none does. */
  readonly running: () => Engine | null;
  /** The same, started when it was not there. @throws SmartClawError when it cannot be */
  readonly use: () => Promise<Engine>;
  readonly log: Log;
}

/** What somebody hears who may not come in. */
const strangerRefusal = "The assistant's browser is for SmartClaw's own OpenClaw only.";
const mostConnections = 64;
/** Of one command, in bytes. */
const largestCommand = 64 * 1024 * 1024;

type Answer = { readonly status: number; readonly body: unknown };

export async function openGate(deps: GateDeps): Promise<Gate> {
  const { running, use, log } = deps;
  /** Stands for the browser, whichever runs: OpenClaw learns it here and nowhere else. */
  const browserPath = `/devtools/browser/${randomUUID()}`;
  /** Whether the other end is OpenClaw, asked once for each connection. */
  const comesFromOpenClaw = new WeakMap<Duplex, Promise<boolean>>();
  const webSockets = new WebSocketServer({
    noServer: true,
    maxPayload: largestCommand,
    perMessageDeflate: false,
  });

  const server = createServer({ maxHeaderSize: 16 * 1024, headersTimeout: 10_000 }, (request, response) => {
    answer(request)
      .catch(faultAnswer)
      .then(({ status, body }) => send(response, status, body))
      .catch(() => response.destroy());
  });
  server.maxConnections = mostConnections;
  server.on("connection", (socket) => {
    const { remotePort: clientPort = 0, localPort: serverPort = 0 } = socket;
    const asked = deps.isOpenClaw({ clientPort, serverPort }).catch((error: unknown) => {
      log.warn({ error: String(error) }, "the program that came to the browser's gate could not be found");
      return false;
    });
    comesFromOpenClaw.set(socket, asked);
  });
  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => socket.destroy());
    upgrade(request, socket, head)
      .catch(faultAnswer)
      .then((refused) => (refused === null ? null : refuseUpgrade(socket, refused)))
      .catch(() => socket.destroy());
  });
  server.on("clientError", (_error, socket: Socket) => socket.destroy());
  const port = await listen(server, deps.ports);
  const here = `127.0.0.1:${port}`;

  /** Why a request is not answered; null when it is OpenClaw's. Pages of any browser name their origin, or another host. */
  async function objectionTo({ headers, socket }: IncomingMessage): Promise<string | null> {
    const isOpenClaw = (await comesFromOpenClaw.get(socket)) ?? false;
    if (isOpenClaw && headers.host === here && headers.origin === undefined) return null;
    log.warn({ openclaw: isOpenClaw }, "somebody else came to the browser's gate");
    return strangerRefusal;
  }

  const described = ({ id, url, title }: BrowserTab): Record<string, string> => ({
    id,
    type: "page",
    title,
    url,
    webSocketDebuggerUrl: `ws://${here}/devtools/page/${id}`,
  });

  async function answer(request: IncomingMessage): Promise<Answer> {
    const objection = await objectionTo(request);
    if (objection !== null) return { status: 403, body: objection };
    const [path, query] = splitOnce(request.url ?? "", "?");
    const [, json, what = "list", id = "", ...more] = path.replace(/\/$/, "").split("/");
    const engine = running();
    if (json !== "json" || more.length > 0) return { status: 404, body: "There is nothing here." };
    switch (`${request.method} ${what}`) {
      case "GET version":
        // Asked often, and by who only wants to know whether there is a browser: nothing is started for it.
        return {
          status: 200,
          body: {
            Browser: engine?.product ?? "Chrome",
            "Protocol-Version": "1.3",
            "User-Agent": engine?.userAgent ?? "",
            webSocketDebuggerUrl: `ws://${here}${browserPath}`,
          },
        };
      case "GET list":
        return { status: 200, body: engine?.tabs.list().map(described) ?? [] };
      case "PUT new": {
        const address = decoded(query);
        if (address === null) return { status: 400, body: "The address is not understood." };
        const used = await use();
        const made = await used.newTab(address);
        const tab = used.tabs.list().find((one) => one.id === made) ?? {
          id: made,
          url: "about:blank",
          title: "",
        };
        return { status: 200, body: described(tab) };
      }
      case "GET activate":
      case "GET close":
        if (engine === null || !engine.tabs.isTab(id)) return { status: 404, body: "There is no such page." };
        await (what === "close" ? engine.closeTab(id) : engine.activate(id));
        return { status: 200, body: what === "close" ? "Target is closing" : "Target activated" };
      default:
        return { status: 405, body: "That is not done here." };
    }
  }

  /** @returns why not; null when the connection was handed on */
  async function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<Answer | null> {
    const objection = await objectionTo(request);
    if (objection !== null) return { status: 403, body: objection };
    const page = /^\/devtools\/page\/([\w-]{1,100})$/.exec(request.url ?? "")?.[1] ?? null;
    if (page === null && request.url !== browserPath) return { status: 404, body: "There is nothing here." };
    const engine = page === null ? await use() : running();
    if (engine === null || (page !== null && !engine.tabs.isTab(page)))
      return { status: 404, body: "There is no such page." };
    // Playwright would wait for the document of a window that was opened for a refused address, without end.
    if (page === null) await engine.tidy();
    webSockets.handleUpgrade(request, socket, head, (webSocket) => join(webSocket, engine, page));
    return null;
  }

  function join(webSocket: WebSocket, engine: Engine, page: string | null): void {
    const connection = engine.connect(page, {
      deliver: (message) => webSocket.send(JSON.stringify(message)),
      shut: (why) => webSocket.close(1011, why),
    });
    webSocket.on("error", () => webSocket.terminate());
    webSocket.on("close", () => connection.close());
    webSocket.on("message", (data: RawData, isBinary) => {
      const message = isBinary ? null : parsed(data);
      if (message === null) webSocket.close(1003, "Only commands of the protocol are understood.");
      else connection.say(message);
    });
  }

  return {
    port,
    close: () =>
      new Promise((done) => {
        for (const one of webSockets.clients) one.terminate();
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

function faultAnswer(error: unknown): Answer {
  const { code, message, next } = reportOf(error);
  return { status: code === "FORBIDDEN" ? 403 : 503, body: `${message} ${next}` };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const isText = typeof body === "string";
  response.writeHead(status, {
    "content-type": isText ? "text/plain; charset=utf-8" : "application/json; charset=utf-8",
    "cache-control": "no-store",
  });
  response.end(isText ? `${body}\n` : JSON.stringify(body));
}

function refuseUpgrade(socket: Duplex, { status, body }: Answer): void {
  const text = `${String(body)}\n`;
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nconnection: close\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
}

function parsed(data: RawData): unknown {
  try {
    const text = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer);
    return JSON.parse(text.toString("utf8"));
  } catch {
    return null;
  }
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function splitOnce(text: string, at: string): [string, string] {
  const end = text.indexOf(at);
  return end < 0 ? [text, ""] : [text.slice(0, end), text.slice(end + 1)];
}

async function listen(server: ReturnType<typeof createServer>, ports: readonly number[]): Promise<number> {
  const [port = 0, ...others] = ports;
  try {
    return await new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", () => {
        server.off("error", reject);
        resolve((server.address() as AddressInfo).port);
      });
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE" || port === 0) throw error;
    return await listen(server, others);
  }
}

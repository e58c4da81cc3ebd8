import { hash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { LookupFunction, Socket } from "node:net";
import { finished } from "node:stream";
import type {
  ErrorReport,
  Connection,
  ConnectionCheck,
  ConversationId,
  LedgerWriter,
  Log,
  Secret,
  Clock,
} from "@smartclaw/contracts";
import { SmartClawError } from "@smartclaw/contracts";
import { listenOnFirstFree } from "../listen.ts";
import { type Candidate, checkCompletion, fetchModels, type ModelList, type OwnRequests } from "./check.ts";
import { createConversationReader } from "./conversation.ts";
import {
  cutOff,
  detailOf,
  errorBody,
  errorEvent,
  faultOfConnection,
  faultOfReport,
  faultOfStatus,
  garbage,
  keyForgotten,
  keyReplaced,
  type ProviderFault,
  tooLarge,
} from "./faults.ts";
import { presentedToken, requestHeaders, responseHeaders } from "./headers.ts";
import { matchTarget, type ModelRoute, upstreamUrl } from "./routes.ts";
import { relay } from "./relay.ts";
import { createUpstream } from "./upstream.ts";

/**
 * What OpenClaw is told of every fault. With the provider's own status it would repeat the request for one to two
 * minutes before anyone hears of it (429, 5xx), or refuse the connection for a minute after the key was put right
 * (401, 403): both measured with 2026.9.6.
 */
const statusOfFault = 400;
const maxBodyBytes = 64 * 1024 * 1024;
const maxErrorBytes = 64 * 1024;
const maxHeaderBytes = 32 * 1024;

/** A request of OpenClaw's. */
interface ModelRequest {
  readonly connection: Connection["id"];
  /** For which conversation; null when it does not tell. */
  readonly conversation: ConversationId | null;
}

export interface ModelProxyDeps {
  /** The token of this start, which OpenClaw presents. */
  readonly token: Secret;
  readonly route: (id: string) => ModelRoute | null;
  /** Asked for each request and never kept. @throws SmartClawError VAULT_LOCKED */
  readonly keyFor: (id: Connection["id"]) => Secret | null;
  /** Whether requests of this connection need a key. */
  readonly needsKey: (id: Connection["id"]) => boolean;
  /** Told of every fault before OpenClaw is, with the sentence for people. */
  readonly onFault: (request: ModelRequest, report: ErrorReport) => void;
  /** Told of every answer that came whole. */
  readonly onAnswer?: (request: ModelRequest) => void;
  readonly ledger: LedgerWriter;
  readonly clock: Clock;
  readonly log: Log;
  /** Names for the ledger: who asks through the proxy, and who checks connections and lists models. */
  readonly processes: { readonly client: () => string; readonly self: string };
  readonly ca?: readonly string[];
  readonly lookup?: LookupFunction;
  /** How long a provider may take to its first byte (120 000 ms), and between two (300 000 ms). */
  readonly patience?: { readonly firstByteMs: number; readonly idleMs: number };
}

/** The only way to a model. */
export interface ModelProxy {
  /** @param ports tried in this order; any when none is given. @returns the port on 127.0.0.1 */
  listen(ports?: readonly number[]): Promise<number>;
  close(): Promise<void>;
  stats(): { requests: number; refused: number };
  /** Cuts every request that runs with this connection's key, which was deleted or replaced. */
  forget(id: string, why: "deleted" | "replaced"): void;
  /** One real completion with a key that is not kept anywhere. */
  check(candidate: Candidate): Promise<ConnectionCheck>;
  /** The provider's own list of models. */
  listModels(candidate: Candidate): Promise<ModelList>;
}

export function createModelProxy(deps: ModelProxyDeps): ModelProxy {
  const patience = deps.patience ?? { firstByteMs: 120_000, idleMs: 300_000 };
  const upstream = createUpstream({
    ledger: deps.ledger,
    ca: deps.ca,
    lookup: deps.lookup,
  });
  const own: OwnRequests = { open: (call) => upstream.open({ ...call, process: deps.processes.self }) };
  const expected = digest(deps.token.revealText());
  const running = new Map<string, Set<(fault: ProviderFault) => void>>();
  const counts = { requests: 0, refused: 0 };
  let port = 0;

  const refuse = (response: ServerResponse, status: number, message: string): void => {
    counts.refused++;
    response.writeHead(status, { "content-type": "application/json", connection: "close" });
    response.end(JSON.stringify({ error: { message, type: "smartclaw" } }));
  };

  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
    if (!hosts.includes(request.headers.host ?? ""))
      return refuse(response, 421, "This is not an address of SmartClaw.");
    if (request.headers.origin !== undefined)
      return refuse(response, 403, "Web pages may not use the model proxy.");
    const token = presentedToken(request.headers);
    if (token === null || !timingSafeEqual(digest(token), expected))
      return refuse(response, 401, "The model proxy of SmartClaw answers to its own OpenClaw only.");
    const match = matchTarget(request.url ?? "");
    const route = match.ok ? deps.route(match.connection) : null;
    if (!match.ok || route === null)
      return refuse(response, 404, "SmartClaw has no such connection. Look at the Keys page.");
    const url = upstreamUrl(route, match.operation, match.query);
    if (url === null) return refuse(response, 403, "SmartClaw lets nothing through here but model requests.");
    if (request.method !== "POST") return refuse(response, 405, "Model requests are sent with POST.");
    counts.requests++;
    forward(request, response, route, url);
  };

  const forward = (request: IncomingMessage, response: ServerResponse, route: ModelRoute, url: URL): void => {
    let streaming = false;
    const conversation = createConversationReader();
    request.on("data", (chunk: Buffer) => conversation.take(chunk));
    const asked = (): ModelRequest => ({ connection: route.id, conversation: conversation.found() });
    /** Once the request has come, for it says of which conversation it is; one that is too large is not waited for. */
    const fail = (fault: ProviderFault): void => {
      if (fault === tooLarge) return answerFault(fault);
      finished(request, { writable: false }, () => answerFault(fault));
      request.resume();
    };
    const answerFault = (fault: ProviderFault): void => {
      deps.onFault(asked(), fault.report);
      if (response.headersSent) {
        if (streaming && !response.writableEnded) response.end(errorEvent(route.api, fault));
        else response.destroy();
        return;
      }
      response.writeHead(statusOfFault, {
        "content-type": "application/json",
        "x-should-retry": "false",
        connection: "close",
      });
      response.end(JSON.stringify(errorBody(route.api, fault)));
    };
    let key: Secret | null;
    try {
      key = deps.keyFor(route.id);
    } catch (error) {
      return fail(faultOfRoom(error));
    }
    if (key === null && deps.needsKey(route.id)) return fail(keyForgotten);
    if (Number(request.headers["content-length"] ?? 0) > maxBodyBytes) return fail(tooLarge);

    let call: ReturnType<typeof upstream.open>;
    try {
      const headers = requestHeaders(request.headers, route.api, key);
      call = upstream.open({
        url,
        method: "POST",
        headers,
        process: deps.processes.client(),
        reason: `chat with ${route.label}`,
      });
    } catch (error) {
      return fail(faultOfRoom(error));
    }
    const { request: outgoing, ticket } = call;
    let settled = false;
    const finish = (fault: ProviderFault | null): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      running.get(route.id)?.delete(stop);
      if (fault === null) return;
      ticket.fail(fault.report.message);
      request.unpipe(outgoing);
      outgoing.destroy();
      fail(fault);
    };
    const stop = (fault: ProviderFault): void => finish(fault);
    const timer = setTimeout(
      () => finish(faultOfConnection(route.label, { code: "SMARTCLAW_TIMEOUT" })),
      patience.firstByteMs,
    );
    const streams = running.get(route.id) ?? new Set();
    running.set(route.id, streams.add(stop));

    let sent = 0;
    request.on("data", (chunk: Buffer) => {
      if (settled) return;
      sent += chunk.length;
      ticket.count({ sent: chunk.length });
      if (sent > maxBodyBytes) finish(tooLarge);
    });
    request.pipe(outgoing);
    response.once("close", () => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      running.get(route.id)?.delete(stop);
      // An answer that had begun was ended by whoever asked; before that nothing had come.
      if (streaming) ticket.end();
      else ticket.fail("stopped by OpenClaw before an answer came");
      outgoing.destroy();
    });
    outgoing.on("error", (error) => finish(faultOfConnection(route.label, error)));
    outgoing.once("response", (answer) => {
      clearTimeout(timer);
      if (settled) return answer.destroy();
      const status = answer.statusCode ?? 502;
      if (status !== 200)
        return void readText(answer, ticket).then((text) =>
          finish(faultOfStatus(route.label, status, detailOf(text, key))),
        );
      if (!/^(application\/json|text\/event-stream)\b/i.test(answer.headers["content-type"] ?? ""))
        return finish(garbage(route.label));
      answer.setTimeout(patience.idleMs, () =>
        finish(faultOfConnection(route.label, { code: "SMARTCLAW_TIMEOUT" })),
      );
      streaming = /^text\/event-stream/i.test(answer.headers["content-type"] ?? "");
      response.writeHead(200, responseHeaders(answer.headers));
      response.flushHeaders();
      const counted = (received: number): void => ticket.count({ received });
      relay(answer, response, counted, () => {
        finish(null);
        ticket.end();
        deps.onAnswer?.(asked());
        response.end();
      });
      answer.once("error", () => finish(cutOff(route.label)));
      answer.once("close", () => finish(cutOff(route.label)));
    });
  };

  const server = createServer(
    { maxHeaderSize: maxHeaderBytes, noDelay: true, headersTimeout: 10_000, requestTimeout: 60_000 },
    serve,
  );
  server.keepAliveTimeout = 60_000;
  server.on("clientError", (_error, socket: Socket) => {
    counts.refused++;
    if (!socket.writable) return socket.destroy();
    return socket.end("HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
  });
  server.on("upgrade", (_request, socket) => socket.destroy());

  return {
    async listen(ports = [0]) {
      port = await listenOnFirstFree(server, ports);
      return port;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        upstream.close();
      }),
    stats: () => ({ ...counts }),
    forget(id, why) {
      const fault = why === "deleted" ? keyForgotten : keyReplaced;
      for (const stop of running.get(id) ?? []) stop(fault);
    },
    check: (candidate) => checkCompletion(own, candidate, deps.clock),
    listModels: (candidate) => fetchModels(own, candidate),
  };
}

function digest(text: string): Buffer {
  return hash("sha256", text, "buffer");
}

/** A locked vault or an unwritable ledger, told in the provider's shape. */
function faultOfRoom(error: unknown): ProviderFault {
  if (error instanceof SmartClawError)
    return faultOfReport(error.code === "DISK_FULL" ? 507 : 401, error.report());
  throw error;
}

/** At most the first 64 KiB of an answer, as text. */
async function readText(
  answer: IncomingMessage,
  ticket: { count(bytes: { received: number }): void },
): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  answer.setTimeout(5_000, () => answer.destroy());
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      ticket.count({ received: chunk.length });
      size += chunk.length;
      if (size > maxErrorBytes) break;
      chunks.push(chunk);
    }
  } catch {
    return "";
  }
  return Buffer.concat(chunks).toString("utf8");
}

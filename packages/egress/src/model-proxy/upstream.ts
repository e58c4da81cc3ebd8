import { lookup as systemLookup, type LookupAddress } from "node:dns";
import http, { type ClientRequest, type IncomingMessage, type OutgoingHttpHeaders } from "node:http";
import https from "node:https";
import type { LookupFunction, Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { addressKind, isLoopbackHost } from "../addresses.ts";
import type { LedgerTicket, LedgerWriter } from "@smartclaw/contracts";

export interface UpstreamRequest {
  readonly url: URL;
  readonly method: "GET" | "POST";
  readonly headers: OutgoingHttpHeaders;
  /** For the ledger: the process that wants it. */
  readonly process: string;
  /** For the ledger: what this is for, in words. */
  readonly reason: string;
}

export interface UpstreamCall {
  readonly request: ClientRequest;
  readonly ticket: LedgerTicket;
}

/** Opens connections to providers, each written to the ledger before it is opened. */
export interface Upstream {
  /**
   * The request is made and its headers are sent with its body; events are Node's.
   * @throws SmartClawError when the ledger cannot be written
   */
  open(call: UpstreamRequest): UpstreamCall;
  close(): void;
}

const idleSocketMs = 30_000;

/**
 * TLS goes straight to the provider and its certificate is always verified. Plain HTTP is for loopback only. A public
 * name that resolves to a private or loopback address is not connected to: that is how DNS rebinding looks.
 * @param deps.ca further trusted certificate authorities (PEM); none in normal use
 */
export function createUpstream(deps: {
  ledger: LedgerWriter;
  ca?: readonly string[] | undefined;
  lookup?: LookupFunction | undefined;
}): Upstream {
  const options = {
    keepAlive: true,
    keepAliveMsecs: 10_000,
    timeout: idleSocketMs,
    scheduling: "lifo" as const,
  };
  const plain = new http.Agent(options);
  const secure = new https.Agent({
    ...options,
    ...(deps.ca === undefined ? {} : { ca: [...deps.ca] }),
    minVersion: "TLSv1.2",
    // A resumed session shows no certificate for the ledger, and its ticket would tie one connection to the next.
    maxCachedSessions: 0,
  });
  const lookup = checkedLookup(deps.lookup ?? systemLookup);
  return {
    open({ url, method, headers, process, reason }) {
      const secured = url.protocol === "https:";
      const port = url.port === "" ? (secured ? 443 : 80) : Number(url.port);
      const ticket = deps.ledger.begin({
        door: "model-proxy",
        process,
        host: url.hostname,
        port,
        reason,
      });
      const loopback = isLoopbackHost(url.hostname);
      const request = (secured ? https : http).request(url, {
        method,
        headers,
        agent: secured ? secure : plain,
        ...(loopback ? {} : { lookup: secured ? lookup : refusePlain }),
      });
      if (!secured && !loopback) request.destroy(plainError());
      request.on("socket", (socket) => {
        socket.setNoDelay(true);
        notePeer(socket, secured, ticket);
      });
      return { request, ticket };
    },
    close() {
      plain.destroy();
      secure.destroy();
    },
  };
}

/** Counts and ends the ledger row of an answer, whatever becomes of it. */
export function follow(ticket: LedgerTicket, answer: IncomingMessage): void {
  answer.on("data", (chunk: Buffer) => ticket.count({ received: chunk.length }));
  answer.once("end", () => ticket.end());
  answer.once("close", () => ticket.fail("broken off"));
}

/** A kept connection is known at once; a new one when its handshake is over. */
function notePeer(socket: Socket, secured: boolean, ticket: LedgerTicket): void {
  if (socket.connecting) {
    socket.once(secured ? "secureConnect" : "connect", () => notePeer(socket, secured, ticket));
    return;
  }
  const certificate = secured ? (socket as TLSSocket).getPeerX509Certificate() : undefined;
  const fingerprint = certificate?.fingerprint256.replaceAll(":", "").toLowerCase() ?? null;
  ticket.connected({ address: socket.remoteAddress ?? null, fingerprint });
}

function addressError(): Error {
  return Object.assign(new Error("address refused"), { code: "SMARTCLAW_ADDRESS" });
}

function plainError(): Error {
  return Object.assign(new Error("not encrypted"), { code: "SMARTCLAW_PLAIN" });
}

/** Without encryption not even the name is looked up. */
const refusePlain: LookupFunction = (_host, _options, callback) => callback(plainError(), "");

function checkedLookup(inner: LookupFunction): LookupFunction {
  return (host, options, callback) => {
    inner(host, { ...options, all: true }, (error, found, family) => {
      if (error !== null) return callback(error, "");
      const answers: LookupAddress[] = Array.isArray(found)
        ? found
        : [{ address: found, family: family ?? 4 }];
      if (answers.length === 0 || answers.some(({ address }) => addressKind(address) !== "public"))
        return callback(addressError(), "");
      const first = answers[0];
      if (options.all === true) return callback(null, answers);
      return callback(null, first?.address ?? "", first?.family);
    });
  };
}

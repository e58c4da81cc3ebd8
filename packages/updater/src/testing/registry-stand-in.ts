/**
 * A stand-in for the npm registry, which tests cannot make fail. Gives the two documents that SmartClaw asks for over
 * real HTTP on loopback, and can be told to misbehave.
 */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";

/** What the stand-in does instead of answering. */
export type RegistryFault =
  | "503"
  | "429"
  /** The web page of a network that wants a sign-in, with status 200; it never ends. */
  | "captive-portal"
  /** Sends nothing, not even a status. */
  | "silent"
  /** A good answer, one byte a second. */
  | "trickle"
  /** JSON without end. */
  | "huge"
  /** 8 MB in a small gzip, for one that did not ask for gzip. */
  | "gzip-bomb"
  /** The manifest of another package. */
  | "wrong-name"
  /** The manifest of another release. */
  | "wrong-version"
  | "garbage"
  /** Half of a good answer, then the connection breaks. */
  | "cut-off"
  /** To `localhost`, another origin than the stand-in's, where it answers well. */
  | "redirect";

export interface StandInRelease {
  readonly node?: string;
  readonly integrity?: string;
  /** Null for a release that does not tell. */
  readonly schemaVersions?: Readonly<Record<string, number>> | null;
}

export interface RegistryStandIn {
  /** Ends with the prefix and a slash. */
  readonly url: string;
  readonly requests: { readonly path: string; readonly headers: IncomingHttpHeaders }[];
  /** Adds a release and makes it the latest. */
  publish(version: string, release?: StandInRelease): void;
  /** Moves `latest`, to whatever it is given. */
  tag(latest: string): void;
  /** From the next request on; null is good behaviour. */
  misbehave(fault: RegistryFault | null): void;
  /** Resolves when bytes of a next body have left. */
  sending(): Promise<void>;
  /** Open connections that it is still answering. */
  busy(): number;
  close(): Promise<void>;
}

/** @param options.prefix path that it lives below, like "/npm/" */
export async function startRegistryStandIn(options: { prefix?: string } = {}): Promise<RegistryStandIn> {
  const prefix = options.prefix ?? "/";
  const requests: { path: string; headers: IncomingHttpHeaders }[] = [];
  const releases = new Map<string, StandInRelease>();
  const answering = new Set<ServerResponse>();
  let latest = "";
  let fault: RegistryFault | null = null;
  let onSending = (): void => {};

  const documentFor = (path: string): unknown => {
    if (path === `${prefix}-/package/openclaw/dist-tags`) return { latest, beta: "2026.9.9-beta.1" };
    const version = path.startsWith(`${prefix}openclaw/`) ? path.slice(`${prefix}openclaw/`.length) : "";
    const release = releases.get(version);
    if (release === undefined) return null;
    const {
      node = ">=24",
      integrity = `sha512-${"A".repeat(86)}==`,
      schemaVersions = { state: 18 },
    } = release;
    return {
      name: fault === "wrong-name" ? "openclaw-ai" : "openclaw",
      version: fault === "wrong-version" ? "0.0.1" : version,
      engines: { node },
      dist: { integrity, shasum: "0".repeat(40), tarball: "http://127.0.0.1/openclaw.tgz" },
      ...(schemaVersions === null ? {} : { openclaw: { schemaVersions } }),
    };
  };

  const server = createServer((request, response) => {
    const path = request.url ?? "";
    requests.push({ path, headers: request.headers });
    answering.add(response);
    response.once("close", () => answering.delete(response));
    const document = documentFor(path);
    if (document === null) return send(response, 404, '{"error":"Not found"}');
    const body = JSON.stringify(document);
    const elsewhere = request.headers.host?.startsWith("localhost") === true;
    if (fault === null || fault.startsWith("wrong-") || elsewhere) return send(response, 200, body);
    misbehave(fault, path, body, response);
  });

  const misbehave = (fault: RegistryFault, path: string, body: string, response: ServerResponse): void => {
    switch (fault) {
      case "503":
      case "429":
        return send(response, Number(fault), '{"error":"Not now"}', { "retry-after": "1" });
      case "captive-portal":
        response.writeHead(200, { "content-type": "text/html" });
        response.write("<html>Welcome to the hotel");
        return;
      case "garbage":
        return send(response, 200, body.slice(1));
      case "gzip-bomb":
        return send(response, 200, gzipSync(Buffer.alloc(8 * 1024 * 1024, " ")), {
          "content-encoding": "gzip",
        });
      case "redirect":
        return send(response, 302, "", { location: `http://localhost:${portOf(server)}${path}` });
      case "cut-off":
        response.writeHead(200, { ...json, "content-length": Buffer.byteLength(body) });
        response.write(body.slice(0, body.length / 2), () => response.destroy());
        return;
      case "trickle":
        return repeat(response, 1000, (turn) => body.at(turn) ?? "");
      case "huge":
        return repeat(response, 1, () => `["${"x".repeat(64 * 1024)}",`);
      // "wrong-name" and "wrong-version" are in the document; the silent one says nothing.
    }
  };

  /** Sends without an announced length, until the other side goes. */
  const repeat = (response: ServerResponse, everyMs: number, part: (turn: number) => string): void => {
    let turn = 0;
    response.writeHead(200, json);
    const next = (): void => {
      response.write(part(turn++), () => onSending());
    };
    const timer = setInterval(next, everyMs);
    response.once("close", () => clearInterval(timer));
    next();
  };

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${portOf(server)}${prefix}`,
    requests,
    publish(version, release = {}) {
      releases.set(version, release);
      latest = version;
    },
    tag: (version) => void (latest = version),
    misbehave: (next) => void (fault = next),
    sending: () => new Promise((resolve) => (onSending = resolve)),
    busy: () => answering.size,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const json = { "content-type": "application/json" };

function send(
  response: ServerResponse,
  status: number,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { ...json, ...headers });
  response.end(body);
}

function portOf(server: ReturnType<typeof createServer>): number {
  return (server.address() as AddressInfo).port;
}

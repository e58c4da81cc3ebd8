/** Gives a folder away over real HTTP on loopback, as a web server with a repository of releases does, and misbehaves. */
import { readFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

/** Answers in the server's place. @returns false to leave the request to it */
type Misbehaviour = (path: string, response: ServerResponse) => boolean;

export interface ReleaseServer {
  readonly url: string;
  /** Paths, in the order in which they were asked for. */
  readonly requests: string[];
  /** From the next request on. */
  serve(folder: string): void;
  /** From the next request on; null is good behaviour. */
  misbehave(how: Misbehaviour | null): void;
  close(): Promise<void>;
}

export async function startReleaseServer(folder: string): Promise<ReleaseServer> {
  const requests: string[] = [];
  let served = folder;
  let misbehaviour: Misbehaviour | null = null;
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    requests.push(path);
    if (misbehaviour?.(path, response) === true) return;
    let bytes: Buffer;
    try {
      bytes = readFileSync(join(served, path));
    } catch {
      response.writeHead(404, { "content-type": "text/html" }).end("<html>Not found");
      return;
    }
    response.writeHead(200, { "content-length": bytes.length }).end(bytes);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    requests,
    serve: (next) => void (served = next),
    misbehave: (how) => void (misbehaviour = how),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

import { request as httpRequest } from "node:http";
import { Readable } from "node:stream";
import type { ReadableStream as NodeStream } from "node:stream/web";

/** `fetch` over a local socket, which the built-in one cannot do. Streams the answer. */
export function createSocketFetch(socketPath: string): (request: Request) => Promise<Response> {
  return async (request) => {
    const url = new URL(request.url);
    const body = request.body === null ? null : Buffer.from(await request.arrayBuffer());
    return new Promise((resolve, reject) => {
      const headers: Record<string, string | number> = Object.fromEntries(request.headers);
      if (body !== null) headers["content-length"] = body.length;
      const outgoing = httpRequest(
        {
          socketPath,
          path: url.pathname + url.search,
          method: request.method,
          headers,
          signal: request.signal,
        },
        (incoming) => {
          const received = new Headers();
          for (const [name, value] of Object.entries(incoming.headers))
            if (value !== undefined) received.set(name, String(value));
          const stream = Readable.toWeb(incoming) as NodeStream<Uint8Array> as ReadableStream<Uint8Array>;
          resolve(new Response(stream, { status: incoming.statusCode ?? 500, headers: received }));
        },
      );
      outgoing.once("error", reject);
      outgoing.end(body ?? undefined);
    });
  };
}

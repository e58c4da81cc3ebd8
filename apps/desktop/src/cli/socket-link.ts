import { request } from "node:http";
import { connect } from "node:net";
import type { ClientContext } from "@orpc/client";
import {
  type StandardLinkClient,
  StandardRPCJsonSerializer,
  StandardRPCSerializer,
} from "@orpc/client/standard";
import { toStandardBody } from "@orpc/standard-server-node";

/**
 * Carries calls over a local socket, which the built-in `fetch` cannot do. Made of Node's HTTP alone: `Request`,
 * `Response` and `FormData` would load undici, which takes as long as the whole command.
 */
export function createSocketLinkClient(socketPath: string): StandardLinkClient<ClientContext> {
  return {
    call: ({ url, method, headers, body, signal }) =>
      new Promise((resolve, reject) => {
        const json = JSON.stringify(body);
        const outgoing = request(
          {
            // With an agent the name of the host would be parsed as an address first.
            createConnection: () => connect(socketPath),
            path: url.pathname + url.search,
            method,
            headers: {
              ...headers,
              "content-type": "application/json",
              "content-length": Buffer.byteLength(json),
            },
            signal,
          },
          (incoming) => {
            let read: ReturnType<typeof toStandardBody> | undefined;
            resolve({
              status: incoming.statusCode ?? 500,
              headers: incoming.headers,
              body: () => (read ??= toStandardBody(incoming, signal === undefined ? {} : { signal })),
            });
          },
        );
        outgoing.once("error", reject);
        outgoing.end(json);
      }),
  };
}

/** What `StandardRPCSerializer` does, without asking of every answer whether it is a form. */
export class SocketSerializer extends StandardRPCSerializer {
  readonly #json: StandardRPCJsonSerializer;

  constructor(json = new StandardRPCJsonSerializer()) {
    super(json);
    this.#json = json;
  }

  override deserialize(data: unknown): unknown {
    if (!isSerialized(data)) return super.deserialize(data);
    return this.#json.deserialize(data.json, data.meta ?? []);
  }
}

type Meta = Parameters<StandardRPCJsonSerializer["deserialize"]>[1];

function isSerialized(data: unknown): data is { json: unknown; meta?: Meta } {
  return typeof data === "object" && data !== null && Object.getPrototypeOf(data) === Object.prototype;
}

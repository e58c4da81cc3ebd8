import { createServer, request, type IncomingHttpHeaders, type RequestListener } from "node:http";
import { connect, type AddressInfo } from "node:net";

interface Question {
  readonly method?: string;
  /** An array makes a header that is sent more than once. */
  readonly headers?: Readonly<Record<string, string | string[]>>;
  /** Several parts are sent one by one, and nobody says how long they are together. */
  readonly body?: string | readonly string[];
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface Served {
  readonly port: number;
  /** Sends the path as it is, with no header of its own but `Host: localhost`. */
  readonly ask: (path: string, question?: Question) => Promise<Answer>;
  /** Asks for a stream; resolves when the answer has begun. */
  readonly open: (path: string, question: Question) => Promise<Stream>;
  /** Sends bytes and resolves to whatever comes back until the connection ends. */
  readonly raw: (bytes: string) => Promise<string>;
  /** Sends bytes and breaks the connection off; resolves when the server has noticed. */
  readonly leaveAfter: (bytes: string) => Promise<void>;
  readonly close: () => void;
}

interface Stream {
  readonly headers: IncomingHttpHeaders;
  /** Resolves when `awaited` has come. */
  until(awaited: string): Promise<void>;
  leave(): void;
}

/** A real server on 127.0.0.1 for `listener`. */
export async function serve(listener: RequestListener): Promise<Served> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  const send = (path: string, { method = "GET", headers = {}, body }: Question) => {
    const outgoing = request({
      host: "127.0.0.1",
      port,
      path,
      method,
      headers: { host: `localhost:${port}`, ...headers },
      agent: false,
    });
    if (typeof body === "string") outgoing.setHeader("content-length", Buffer.byteLength(body)).end(body);
    else void sendParts(body ?? []).then(() => outgoing.end());
    return outgoing;

    async function sendParts(parts: readonly string[]): Promise<void> {
      for (const part of parts) await new Promise((resolve) => outgoing.write(part, resolve));
    }
  };

  return {
    port,
    ask: (path, question = {}) =>
      new Promise((resolve, reject) => {
        send(path, question)
          .once("error", reject)
          .once("response", (incoming) => {
            let text = "";
            incoming.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
            incoming.once("error", reject);
            incoming.once("end", () =>
              resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text }),
            );
          });
      }),
    open: (path, question) =>
      new Promise((resolve, reject) => {
        const outgoing = send(path, question);
        outgoing.once("error", reject).once("response", (incoming) => {
          let text = "";
          incoming.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
          incoming.on("error", () => undefined);
          resolve({
            headers: incoming.headers,
            leave: () => void outgoing.destroy(),
            async until(awaited) {
              while (!text.includes(awaited)) await new Promise((next) => incoming.once("data", next));
            },
          });
        });
      }),
    raw: (bytes) =>
      new Promise((resolve, reject) => {
        let text = "";
        const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
        socket.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        socket.once("error", reject).once("close", () => resolve(text));
      }),
    leaveAfter: (bytes) =>
      new Promise((resolve) => {
        server.once("request", ({ socket }) => {
          socket.once("close", () => resolve());
          client.resetAndDestroy();
        });
        const client = connect(port, "127.0.0.1", () => client.write(bytes));
      }),
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

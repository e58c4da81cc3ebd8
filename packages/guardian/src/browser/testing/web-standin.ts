import { once } from "node:events";
import http from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";

/** The part of the web that a test has: one server for every name, and what arrived there. */
export interface WebStandIn {
  readonly port: number;
  readonly securePort: number;
  /** `host path`, in the order of arrival. */
  readonly arrived: string[];
  close(): void;
}

/** @param pageAt the page of a path, or where it leads to; undefined where there is none */
export async function openWebStandIn(
  certificate: { readonly key: string; readonly cert: string },
  pageAt: (url: URL) => WebPage | undefined,
): Promise<WebStandIn> {
  const arrived: string[] = [];
  const note = ({ headers, url }: http.IncomingMessage): void => void arrived.push(`${headers.host} ${url}`);
  const answer: http.RequestListener = (request, response) => {
    note(request);
    const page = pageAt(new URL(request.url ?? "", "http://stand-in"));
    response.writeHead(page?.status ?? (page === undefined ? 404 : 200), {
      "content-type": "text/html",
      "access-control-allow-origin": "*",
      ...page?.headers,
    });
    response.end(page?.body ?? "");
  };
  const servers = [http.createServer(answer), https.createServer(certificate, answer)];
  for (const server of servers) {
    // A WebSocket that gets this far is enough to know of.
    server.on("upgrade", (request, socket) => {
      note(request);
      socket.destroy();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  }
  const [port = 0, securePort = 0] = servers.map((server) => (server.address() as AddressInfo).port);
  return {
    port,
    securePort,
    arrived,
    close() {
      for (const server of servers) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}

export interface WebPage {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

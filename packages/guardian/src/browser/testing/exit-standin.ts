import { chmodSync, rmSync } from "node:fs";
import http, { createServer } from "node:http";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import type { OpenExit } from "@smartclaw/contracts";

/** Stands in for the exit of SmartClaw, which another room has: the same protocol, and names that only this test has. */
export function exitStandIn(ports: ReadonlyMap<string, number>): OpenExit {
  return async ({ socketPath, objection }) => {
    const sockets = new Set<Duplex>();
    const keep = (socket: Duplex): void => {
      sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.once("close", () => sockets.delete(socket));
    };
    /** Where a server of the test listens, or why it is not reached. */
    const placeOf = (host: string, port: number): number | string => {
      const why = objection(host, port);
      return why ?? ports.get(`${host}:${port}`) ?? "there is no such server";
    };
    const server = createServer((request, response) => {
      const url = new URL(request.url ?? "");
      const place = placeOf(bare(url.hostname), Number(url.port || 80));
      if (typeof place === "string") {
        response.writeHead(403, { "content-type": "text/plain" });
        return response.end(`SmartClaw's Guardian did not let this through: ${place}`);
      }
      const path = url.pathname + url.search;
      const { method, headers } = request;
      const onward = http.request({ host: "127.0.0.1", port: place, method, path, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      onward.on("error", () => response.destroy());
      request.pipe(onward);
    });
    server.on("connection", keep);
    server.on("connect", (request, client, head) => {
      const [, host = "", port = ""] = /^(.*):(\d+)$/.exec(request.url ?? "") ?? [];
      const place = placeOf(bare(host), Number(port));
      if (typeof place === "string") return client.end("HTTP/1.1 403 Forbidden\r\n\r\n");
      const onward = connect(place, "127.0.0.1", () => {
        client.write("HTTP/1.1 200 OK\r\n\r\n");
        onward.write(head);
        onward.pipe(client);
        client.pipe(onward);
      });
      keep(onward);
      client.once("close", () => onward.destroy());
      onward.once("close", () => client.destroy());
    });
    rmSync(socketPath, { force: true });
    await new Promise<void>((done) => server.listen(socketPath, done));
    chmodSync(socketPath, 0o600);
    return {
      recheck() {},
      close() {
        server.close();
        for (const socket of sockets) socket.destroy();
        rmSync(socketPath, { force: true });
      },
    };
  };
}

function bare(host: string): string {
  return host.replaceAll(/^\[|\]$/g, "").toLowerCase();
}

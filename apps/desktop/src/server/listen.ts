import { chmodSync, rmSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { SmartClawError } from "@smartclaw/contracts";

/** Where the page is looked for first, so that a bookmark keeps working. */
const preferredPorts = [7420, 7421, 7422, 7423, 7424, 7425, 7426, 7427, 7428, 7429];
const headersTimeoutMs = 10_000;
const maxHeaderBytes = 16 * 1024;

export interface Listening {
  readonly port: number;
  close(): Promise<void>;
}

function serverOf(listener: RequestListener): Server {
  const server = createServer({ maxHeaderSize: maxHeaderBytes, headersTimeout: headersTimeoutMs }, listener);
  server.requestTimeout = 60_000;
  server.keepAliveTimeout = 5_000;
  return server;
}

function listen(server: Server, where: { host: string; port: number } | { path: string }): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(where, () => {
      server.off("error", reject);
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/**
 * Listens on 127.0.0.1 and, where the computer has it, on ::1, since `localhost` may mean either.
 * @param wanted a port that must be used, or null for the first free of 7420–7429 and then any.
 * @throws SmartClawError PORT_IN_USE when `wanted` is taken.
 */
export async function listenOnLoopback(listener: RequestListener, wanted: number | null): Promise<Listening> {
  const candidates = wanted === null ? [...preferredPorts, 0] : [wanted];
  for (const candidate of candidates) {
    const first = serverOf(listener);
    let port: number;
    try {
      port = await listen(first, { host: "127.0.0.1", port: candidate });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") continue;
      throw error;
    }
    const second = serverOf(listener);
    try {
      await listen(second, { host: "::1", port });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") {
        await close(first);
        continue;
      }
      return { port, close: () => close(first) };
    }
    return { port, close: async () => void (await Promise.all([close(first), close(second)])) };
  }
  throw new SmartClawError(
    "PORT_IN_USE",
    `Port ${wanted} is used by another program.`,
    "Stop that program, or start SmartClaw without --port so that it takes a free one.",
  );
}

/** Listens on a socket that only its owner can open. The caller has made sure that no other daemon owns it. */
export async function listenOnSocket(listener: RequestListener, path: string): Promise<Listening> {
  const server = serverOf(listener);
  const isFile = !path.startsWith("\\\\");
  if (isFile) rmSync(path, { force: true });
  await listen(server, { path });
  if (isFile) chmodSync(path, 0o600);
  return { port: 0, close: () => close(server) };
}

import { createServer } from "node:net";

const loopbackHosts = ["127.0.0.1", "::1"] as const;

/** Whether nobody listens on `port` of either loopback address. A computer without IPv6 counts by IPv4 alone. */
export async function isPortFree(port: number): Promise<boolean> {
  for (const host of loopbackHosts) {
    if ((await tryListen(host, port)) === "in-use") return false;
  }
  return true;
}

/** `preferred` when it is free and not in `avoid`, else the next one up that is; null when none of 100 is. */
export async function findFreePort(preferred: number, avoid: readonly number[]): Promise<number | null> {
  for (let port = preferred; port < Math.min(preferred + 100, 65_536); port += 1) {
    if (!avoid.includes(port) && (await isPortFree(port))) return port;
  }
  return null;
}

function tryListen(host: string, port: number): Promise<"free" | "in-use" | "no-such-address"> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      const absent = error.code === "EADDRNOTAVAIL" || error.code === "EAFNOSUPPORT";
      resolve(absent ? "no-such-address" : "in-use");
    });
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve("free")));
  });
}

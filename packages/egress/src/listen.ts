import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * Listens on 127.0.0.1, on the first of `ports` that is free.
 * @param ports to be tried in this order; 0 stands for any that is free.
 * @returns the port.
 * @throws the system's error when none could be had.
 */
export async function listenOnFirstFree(server: Server, ports: readonly number[]): Promise<number> {
  const [port = 0, ...others] = ports;
  try {
    return await new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", () => {
        server.off("error", reject);
        resolve((server.address() as AddressInfo).port);
      });
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE" || others.length === 0) throw error;
    return await listenOnFirstFree(server, others);
  }
}

import { connect } from "node:net";

/**
 * Resolves when a daemon listens on the socket, else rejects with what the system said. Asked before the client is
 * loaded: that costs a third of a command's time, and is for nothing where there is nobody to talk to.
 */
export function reach(socket: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = connect(socket);
    probe.once("connect", () => {
      probe.destroy();
      resolve();
    });
    probe.once("error", reject);
  });
}

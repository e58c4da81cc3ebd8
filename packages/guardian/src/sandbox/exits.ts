import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Exit, OpenExit } from "@smartclaw/contracts";
import { secureWeb } from "./hosts.ts";

/** The exits of commands that run, one for each. */
export interface Exits {
  /**
   * @param hosts all that it leads to
   * @param mayReach whether one of them may be reached still; asked for each connection
   * @throws what `OpenExit` throws
   */
  open(hosts: readonly string[], mayReach: (host: string) => boolean): Promise<CommandExit>;
  /** Ends the connections that may not be any more. */
  recheck(): void;
  close(): void;
}

export interface CommandExit {
  readonly socketPath: string;
  close(): void;
}

/** In bytes; behind it there is a number. Linux allows 107 in a socket's address. */
const longestFolder = 95;

/** @param folder for their sockets; made anew */
export function createExits(folder: string, openExit: OpenExit): Exits {
  const place =
    Buffer.byteLength(folder) > longestFolder ? mkdtempSync(join(tmpdir(), "smartclaw-")) : folder;
  if (place === folder) rmSync(folder, { recursive: true, force: true });
  mkdirSync(place, { recursive: true, mode: 0o700 });
  chmodSync(place, 0o700);
  const exits = new Set<Exit>();
  let made = 0;

  return {
    async open(hosts, mayReach) {
      const socketPath = join(place, (made += 1).toString(36));
      const exit = await openExit({
        socketPath,
        user: "a command of the assistant",
        objection(host, port) {
          if (port !== secureWeb) return "commands reach servers over https only";
          return hosts.includes(host) && mayReach(host) ? null : "it was not granted to this command";
        },
      });
      exits.add(exit);
      return {
        socketPath,
        close() {
          exits.delete(exit);
          exit.close();
        },
      };
    },
    recheck() {
      for (const exit of exits) exit.recheck();
    },
    close() {
      for (const exit of exits) exit.close();
      exits.clear();
      rmSync(place, { recursive: true, force: true });
    },
  };
}

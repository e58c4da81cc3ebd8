import { createLinuxScanner, readIfThere } from "./linux-sockets.ts";
import type { ProcessTree } from "./process-tree.ts";
import { createMacScanner, createWindowsScanner } from "./tool-sockets.ts";
import type { SocketScanner } from "./tree-socket.ts";

/** Lists sockets in the way of the system on which it runs. */
export function createSocketScanner(platform: NodeJS.Platform, tree: ProcessTree): SocketScanner {
  if (platform === "linux") return createLinuxScanner({ tree, readTable: readIfThere });
  return platform === "win32" ? createWindowsScanner({ tree }) : createMacScanner({ tree });
}

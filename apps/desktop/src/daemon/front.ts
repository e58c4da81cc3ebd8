import type { RequestListener } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { SmartClawError, type Unsubscribe } from "@smartclaw/contracts";
import { createFrontDoor } from "../server/front-door.ts";
import { listenOnLoopback } from "../server/listen.ts";
import { createStaticFiles } from "../server/static-files.ts";
import { takeInstanceLock } from "./instance-lock.ts";
import { makeFolders, type Paths } from "./paths.ts";

/** Loading the house keeps this thread busy: a browser that asks all the time gets its page before that. */
const pageFirstMs = 20;

/** What there is of the daemon before its house is built: the folders, the lock and the page. */
export interface Front {
  readonly port: number;
  readonly page: ReturnType<typeof createStaticFiles>;
  handOver(house: RequestListener): void;
  close(): Promise<void>;
  /** Lets another daemon start; the last thing of all. */
  readonly unlock: Unsubscribe;
}

/**
 * Makes sure that this is the only daemon and opens the page's door. Loads little, so that the page answers soon.
 * @throws SmartClawError DAEMON_ALREADY_RUNNING, PORT_IN_USE
 */
export async function openFront(deps: { paths: Paths; web: string; port: number | null }): Promise<Front> {
  makeFolders(deps.paths);
  const unlock = takeInstanceLock(deps.paths.lock);
  if (unlock === null)
    throw new SmartClawError(
      "DAEMON_ALREADY_RUNNING",
      "SmartClaw runs already.",
      "Open it with `smartclaw open`.",
    );
  const page = createStaticFiles(deps.web);
  const door = createFrontDoor(page);
  const listening = await listenOnLoopback(door.listener, deps.port);
  await Promise.race([door.asked, pause(pageFirstMs)]);
  return {
    port: listening.port,
    page,
    handOver: (house) => door.handOver(house),
    close: () => listening.close(),
    unlock,
  };
}

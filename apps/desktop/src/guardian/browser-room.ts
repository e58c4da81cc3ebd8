import { type BrowserState, type Clock, type Log, type OpenExit, reportOf } from "@smartclaw/contracts";
import type { Browser } from "@smartclaw/guardian";
import type { Paths } from "../daemon/paths.ts";

/** The assistant's browser in the daemon: its gate is there before Guardian's keys are, as OpenClaw is told its port. */
export interface BrowserRoom {
  /** Opens the gate, if that is not open, and if there is a browser here. */
  open(): Promise<Browser | null>;
  browser(): Browser | null;
  state(): BrowserState;
  close(): Promise<void>;
}

export interface BrowserRoomDeps {
  readonly paths: Pick<Paths, "browserProfile" | "browserRun">;
  readonly openExit: OpenExit;
  readonly isOpenClaw: (connection: {
    readonly clientPort: number;
    readonly serverPort: number;
  }) => Promise<boolean>;
  readonly mayReach: (host: string, port: number) => string | null;
  readonly clock: Clock;
  readonly log: Log;
}

/** They stand in OpenClaw's configuration, which should be the same at each start. */
const gatePorts = [7450, 7451, 7452, 7453, 7454, 7455, 7456, 7457, 7458, 7459, 0];
const untried: BrowserState = {
  state: "missing",
  message: "The assistant's browser has not been tried yet.",
  next: "Switch Agentic Mode on.",
};

export function createBrowserRoom(deps: BrowserRoomDeps): BrowserRoom {
  const { paths, openExit, isOpenClaw, clock, log } = deps;
  let state = untried;
  let browser: Browser | null = null;
  let opening: Promise<Browser | null> | null = null;

  async function open(): Promise<Browser | null> {
    const { createBrowser, findChromium } = await import("@smartclaw/guardian");
    const found = findChromium(process.platform);
    if (found.state === "missing") {
      state = found;
      return null;
    }
    try {
      browser = await createBrowser({
        profileFolder: paths.browserProfile,
        runFolder: paths.browserRun,
        gatePorts,
        find: () => findChromium(process.platform),
        openExit,
        objection: deps.mayReach,
        isOpenClaw,
        authorities: [],
        clock,
        log,
      });
      state = { state: "works" };
    } catch (error) {
      // Everything else goes on without it.
      const { message, next } = reportOf(error);
      log.error({ error: reportOf(error) }, "the assistant's browser could not be opened");
      state = { state: "missing", message, next };
    }
    return browser;
  }

  return {
    open: async () => browser ?? (await (opening ??= open().finally(() => (opening = null)))),
    browser: () => browser,
    state: () => state,
    async close() {
      await opening;
      const last = browser;
      browser = null;
      state = untried;
      await last?.close();
    },
  };
}

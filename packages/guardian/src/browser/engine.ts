import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type OpenExit, SmartClawError } from "@smartclaw/contracts";
import { judgeCommand, pageTargets, type Params, recordOf, refusalSentence } from "./cdp-filter-core.ts";
import { type ClientId, createCdpSessions, type SessionStep } from "./cdp-sessions-core.ts";
import { type Chromium, startChromium } from "./chromium.ts";
import { createTabs, type Tabs } from "./tabs-core.ts";
import { objectionToAddress } from "./web-address-core.ts";

/** A running browser and who is connected to it. */
export interface Engine {
  readonly tabs: Pick<Tabs, "list" | "isTab" | "originOf">;
  readonly product: string;
  readonly userAgent: string;
  /** @param page null for the browser itself */
  connect(page: string | null, client: EngineClient): EngineConnection;
  /** @returns its id, once it is among the tabs. @throws SmartClawError FORBIDDEN with what must be told */
  newTab(address: string): Promise<string>;
  activate(tab: string): Promise<void>;
  closeTab(tab: string): Promise<void>;
  /** Closes windows that never got anywhere. */
  tidy(): Promise<void>;
  /** Ends connections to servers that may not be reached any more. */
  recheck(): void;
}

interface EngineClient {
  /** A message of the protocol. */
  deliver(message: unknown): void;
  /** Once, at the end. */
  shut(why: string): void;
}

interface EngineConnection {
  say(message: unknown): void;
  close(): void;
}

export interface EngineDeps {
  readonly program: string;
  readonly profileFolder: string;
  /** A short path: the exit's socket lies in it. */
  readonly runFolder: string;
  readonly policyFile: string;
  readonly openExit: OpenExit;
  /** Why a server may not be reached now, for people; null when it may. */
  readonly objection: (host: string, port: number) => string | null;
}

/** In milliseconds; a first start on a busy machine took 15 seconds. */
const startWithinMs = 60_000;
/** Of a page that shows nothing, in milliseconds. */
const closeWithinMs = 2000;

/** A browser that was ordered. */
interface StartingEngine {
  /** @throws SmartClawError INTERNAL when it does not start */
  readonly ready: Promise<Engine>;
  /** With everything that it started; safe at any time. */
  kill(): void;
  /** When nothing of it is left. */
  readonly ended: Promise<void>;
}

/** Starts a browser behind an exit of its own. */
export function startEngine(deps: EngineDeps): StartingEngine {
  const killed = new AbortController();
  const ready = launch(deps, killed.signal);
  return {
    ready: ready.then(({ engine }) => engine),
    kill: () => killed.abort(),
    ended: ready.then(
      ({ ended }) => ended,
      () => undefined,
    ),
  };
}

async function launch(
  deps: EngineDeps,
  killed: AbortSignal,
): Promise<{ engine: Engine; ended: Promise<void> }> {
  const { objection } = deps;
  const exitSocket = join(deps.runFolder, "exit.sock");
  const exit = await deps.openExit({ socketPath: exitSocket, user: "the assistant's browser", objection });
  const tabs = createTabs();
  const clients = new Map<ClientId, EngineClient>();
  const answers = new Map<number, (answer: Params) => void>();
  const world = { isOfPage: (id: string) => tabs.isOfPage(id), objection };
  const sessions = createCdpSessions((method, params) => judgeCommand(method, params, world));
  /** Of each page, the session in which the browser itself watches it. */
  const watched = new Map<string, string>();
  /** Who waits for the end of a page. */
  const closing = new Map<string, () => void>();
  let lastClient = 0;
  let over = false;

  const chromium: Chromium = startChromium({
    ...deps,
    exitSocket,
    onMessage: (message) => carryOut(sessions.fromBrowser(message)),
  });
  const kill = (): void => chromium.kill();
  if (killed.aborted) kill();
  else killed.addEventListener("abort", kill);
  const ended = chromium.ended.then((words) => {
    over = true;
    exit.close();
    for (const answer of answers.values()) answer({ error: { message: "the browser ended" } });
    answers.clear();
    for (const client of clients.values()) client.shut("The browser ended.");
    clients.clear();
    return words;
  });

  function carryOut(steps: readonly SessionStep[]): void {
    for (const step of steps)
      switch (step.type) {
        case "send":
          chromium.send(step.message);
          break;
        case "deliver":
          clients.get(step.client)?.deliver(step.message);
          break;
        case "shut":
          clients.get(step.client)?.shut(step.why);
          clients.delete(step.client);
          break;
        case "own":
          heard(step.message);
          break;
      }
  }

  function ask(method: string, params: Params, session?: string): Promise<Params> {
    const { id, steps } = sessions.ask(method, params, session);
    return new Promise((resolve, reject) => {
      if (over) return reject(gone());
      answers.set(id, (answer) =>
        answer["error"] === undefined
          ? resolve(recordOf(answer["result"]))
          : reject(
              new SmartClawError(
                "INTERNAL",
                `The assistant's browser did not do it (${String(recordOf(answer["error"])["message"])}).`,
                "Try again.",
              ),
            ),
      );
      carryOut(steps);
    });
  }

  function heard(message: Params): void {
    const { id, method, sessionId } = message;
    if (typeof id === "number") {
      answers.get(id)?.(message);
      answers.delete(id);
      return;
    }
    if (typeof method !== "string") return;
    const params = recordOf(message["params"]);
    if (sessionId === undefined) {
      if (method === "Target.detachedFromTarget") watched.delete(String(params["sessionId"]));
      if (method === "Target.targetDestroyed") closing.get(String(params["targetId"]))?.();
      const fresh = tabs.heard(method, params);
      if (fresh !== null) watch(fresh).catch(() => undefined);
      return;
    }
    const page = typeof sessionId === "string" ? watched.get(sessionId) : undefined;
    if (page === undefined) return;
    if (method === "Page.frameNavigated") tabs.shows(page, params["frame"]);
  }

  /** A page that is gone before it is watched needs none of it. */
  async function watch(page: string): Promise<void> {
    const { sessionId } = await ask("Target.attachToTarget", { targetId: page, flatten: true });
    if (typeof sessionId !== "string") return;
    watched.set(sessionId, page);
    await ask("Page.enable", {}, sessionId);
    const { frameTree } = await ask("Page.getFrameTree", {}, sessionId);
    tabs.shows(page, recordOf(frameTree)["frame"]);
  }

  const late = setTimeout(kill, startWithinMs);
  try {
    const { product, userAgent } = await ask("Browser.getVersion", {});
    await ask("Browser.setDownloadBehavior", { behavior: "deny" });
    await ask("Target.setDiscoverTargets", { discover: true, filter: pageTargets });
    const engine: Engine = {
      tabs,
      product: String(product),
      userAgent: String(userAgent),
      connect(page, client) {
        lastClient += 1;
        const id = lastClient;
        clients.set(id, client);
        carryOut(sessions.open(id, page));
        return {
          say: (message) => carryOut(sessions.fromClient(id, message)),
          close() {
            clients.delete(id);
            carryOut(sessions.close(id));
          },
        };
      },
      async newTab(address) {
        const where = objectionToAddress(address, objection);
        if (where.type === "may-not")
          throw new SmartClawError("FORBIDDEN", refusalSentence(where.why), "Ask the user to grant it.");
        const { targetId } = await ask("Target.createTarget", { url: where.address });
        return String(targetId);
      },
      async activate(tab) {
        await ask("Target.activateTarget", { targetId: tab });
      },
      async closeTab(tab) {
        await ask("Target.closeTarget", { targetId: tab });
      },
      async tidy() {
        for (const { id } of tabs.list().filter(({ url }) => url === "")) {
          const gone = new Promise<void>((resolve) => closing.set(id, resolve));
          await ask("Target.closeTarget", { targetId: id }).catch(() => undefined);
          await Promise.race([gone, sleep(closeWithinMs, undefined, { ref: false })]);
          closing.delete(id);
        }
      },
      recheck: () => exit.recheck(),
    };
    return { engine, ended: ended.then(() => undefined) };
  } catch (error) {
    kill();
    const words = await ended;
    if (killed.aborted) throw gone();
    throw new SmartClawError(
      "INTERNAL",
      `The assistant's browser did not start (${lastLine(words)}).`,
      "Try again; if it stays, look whether Chromium starts by itself on this computer.",
      { cause: error },
    );
  } finally {
    clearTimeout(late);
  }
}

function gone(): SmartClawError {
  return new SmartClawError("CANCELLED", "The assistant's browser was closed.", "Open the page again.");
}

function lastLine(words: string): string {
  return words.trimEnd().split("\n").at(-1)?.slice(0, 200) ?? "";
}

import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Clock, type Log, type OpenExit, reportOf, SmartClawError } from "@smartclaw/contracts";
import { chromiumPolicy } from "./chromium-arguments.ts";
import { type Engine, startEngine } from "./engine.ts";
import type { ChromiumState } from "./find-chromium.ts";
import { type GateDeps, openGate } from "./gate.ts";
import { createRefusals } from "./refusals.ts";
import type { BrowserTab } from "./tabs-core.ts";

/** The assistant's own browser: nothing of the user's, and no way out but what was granted. */
export interface Browser {
  /** Where OpenClaw attaches; the gate listens from the beginning, Chromium starts at first use. */
  readonly gatePort: number;
  /**
   * Starts Chromium if it does not run, so that OpenClaw, which waits a few seconds only, finds it there.
   * @throws SmartClawError NOT_FOUND, INTERNAL, CANCELLED
   */
  ensureStarted(): Promise<void>;
  tabs(): readonly BrowserTab[];
  /**
   * The origin of what a tab shows at this moment.
   * @param tab as OpenClaw names it: its id or the beginning of it; null for the one that OpenClaw used last, which is
   *   answered only where every tab has the same origin
   * @returns null when it cannot be said
   */
  originOf(tab: string | null): string | null;
  /** What was not let through since a time in milliseconds, the latest last; for the assistant, in plain words. */
  refusedSince(at: number): readonly string[];
  closeTabs(): Promise<void>;
  /** To be called when less is granted than before: ends the connections that may not be any more. */
  recheck(): void;
  /** Starts the browser where none runs: OpenClaw waits for it for seconds only. @throws SmartClawError */
  start(): Promise<void>;
  /** Kills the browser; the next use starts another one. */
  stop(): void;
  /** The same for good, and nobody attaches any more. */
  close(): Promise<void>;
}

export interface BrowserDeps {
  /** Kept from one start to the next: what pages store. Made, mode 0700. */
  readonly profileFolder: string;
  /** For the exit's socket and Chromium's policies. Made, mode 0700; a short path. */
  readonly runFolder: string;
  /** Tried in this order on 127.0.0.1; any when none is free. */
  readonly gatePorts: readonly number[];
  /** Asked at each start. */
  readonly find: () => ChromiumState;
  readonly openExit: OpenExit;
  /** Why a server may not be reached now, for people; null when it may. Asked for each connection. */
  readonly objection: (host: string, port: number) => string | null;
  readonly isOpenClaw: GateDeps["isOpenClaw"];
  /** Certificate authorities besides the public ones, in PEM. */
  readonly authorities: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
}

export async function createBrowser(deps: BrowserDeps): Promise<Browser> {
  const { runFolder, profileFolder, openExit, clock, log } = deps;
  mkdirSync(runFolder, { recursive: true, mode: 0o700 });
  chmodSync(runFolder, 0o700);
  const policyFile = join(runFolder, "policy.json");
  writeFileSync(policyFile, JSON.stringify(chromiumPolicy(deps.authorities)), { mode: 0o600 });
  const refusals = createRefusals(clock);
  /** The browser that runs or starts. */
  let current: ReturnType<typeof startEngine> | null = null;
  let engine: Engine | null = null;
  /** Two may not have the profile at one time. */
  let before: Promise<void> = Promise.resolve();
  let closed = false;

  function objection(host: string, port: number): string | null {
    const why = askWhy(host, port);
    if (why !== null) refusals.note(host, port, why);
    return why;
  }

  /** Who cannot decide lets nothing through. */
  function askWhy(host: string, port: number): string | null {
    try {
      return deps.objection(host, port);
    } catch (error) {
      log.error({ error: String(error) }, "it could not be decided whether the browser may reach a server");
      return "SmartClaw could not decide on it.";
    }
  }

  async function use(): Promise<Engine> {
    if (current === null) await before;
    if (closed) throw new SmartClawError("CANCELLED", "SmartClaw is stopping.", "Start it again.");
    return await (current ?? launch()).ready;
  }

  function launch(): ReturnType<typeof startEngine> {
    const found = deps.find();
    if (found.state === "missing") throw new SmartClawError("NOT_FOUND", found.message, found.next);
    const { program } = found;
    const started = startEngine({ program, profileFolder, runFolder, policyFile, openExit, objection });
    current = started;
    before = started.ended;
    void follow(started);
    return started;
  }

  async function follow(started: ReturnType<typeof startEngine>): Promise<void> {
    try {
      const ready = await started.ready;
      if (current === started) engine = ready;
    } catch (error) {
      log.warn({ error: reportOf(error) }, "the assistant's browser did not start");
    }
    await started.ended;
    if (current === started) forget();
  }

  function forget(): void {
    current = null;
    engine = null;
  }

  function stop(): void {
    const last = current;
    if (last === null) return;
    forget();
    last.kill();
  }

  const { isOpenClaw, gatePorts: ports } = deps;
  const gate = await openGate({ ports, isOpenClaw, running: () => engine, use, log });
  return {
    gatePort: gate.port,
    async ensureStarted() {
      await use();
    },
    tabs: () => engine?.tabs.list() ?? [],
    originOf: (tab) => engine?.tabs.originOf(tab) ?? null,
    refusedSince: (at) => refusals.since(at),
    async closeTabs() {
      const open = engine;
      await Promise.all(open?.tabs.list().map(({ id }) => open.closeTab(id)) ?? []);
    },
    async start() {
      await use();
    },
    recheck: () => engine?.recheck(),
    stop,
    async close() {
      closed = true;
      stop();
      await Promise.all([gate.close(), before]);
    },
  };
}

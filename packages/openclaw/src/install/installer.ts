import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { createInterface } from "node:readline";
import {
  type Clock,
  type ErrorReport,
  type InstallState,
  type LedgerTicket,
  type LedgerWriter,
  type Log,
  reportOf,
  type Unsubscribe,
} from "@smartclaw/contracts";
import type { Releases } from "../releases/releases.ts";
import { type InstallMessage, installMessage, type InstallOrder } from "./messages.ts";

export interface InstallerDeps {
  /** argv of the program `install-child`. */
  readonly command: readonly [string, ...string[]];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly releases: Releases;
  /** Of npm's tarballs; makes a second installation quick. */
  readonly cache: string;
  readonly registry: string;
  readonly lockFile: (version: string) => string;
  readonly ledger: LedgerWriter;
  readonly processName: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Installs OpenClaw releases, one at a time. Every outcome is a state; nothing here throws. */
export interface Installer {
  state(): InstallState;
  onChange(listener: (state: InstallState) => void): Unsubscribe;
  /** Installs `version` unless it is there; a second call while one runs gets the same result. */
  install(version: string): Promise<InstallState>;
  /** Stops what runs; nothing half is left. */
  close(): void;
}

export function createInstaller(deps: InstallerDeps): Installer {
  const { releases, clock } = deps;
  const listeners = new Set<(state: InstallState) => void>();
  let state: InstallState = { state: "absent" };
  let running: Promise<InstallState> | null = null;
  let stop = (): void => {};

  const become = (next: InstallState): InstallState => {
    state = next;
    for (const listener of listeners) listener(next);
    return next;
  };
  const fail = (version: string, error: ErrorReport): InstallState => {
    deps.log.error({ version, code: error.code }, "OpenClaw could not be installed");
    return become({ state: "failed", version, error });
  };

  /** A pointer that cannot be read, or that names what is not there, is put right by the release at hand. */
  const activateUnlessLive = (version: string): void => {
    try {
      if (releases.live() !== null) return;
    } catch (error) {
      deps.log.warn({ error: reportOf(error) }, "the pointer to the live release is written anew");
    }
    releases.activate({ openclaw: version, node: "bundled", state: "openclaw" });
  };

  const build = async (version: string): Promise<InstallState> => {
    const registry = new URL(deps.registry);
    const startedAt = clock.now();
    const begun = {
      version,
      stage: "resolve" as const,
      bytesDone: 0,
      bytesTotal: null,
      packagesDone: 0,
      packagesTotal: null,
    };
    become({ state: "installing", ...begun, startedAt });
    let staging: string;
    let ticket: LedgerTicket;
    try {
      staging = releases.staging(version);
      const port = Number(registry.port) || (registry.protocol === "https:" ? 443 : 80);
      const reason = `fetching OpenClaw ${version}`;
      ticket = deps.ledger.begin({
        door: "smartclaw",
        process: deps.processName,
        host: registry.hostname,
        port,
        reason,
      });
    } catch (error) {
      return fail(version, reportOf(error));
    }
    const order = {
      version,
      lockFile: deps.lockFile(version),
      staging,
      cache: deps.cache,
      registry: deps.registry,
    };
    let counted = 0;
    const outcome = await carryOut(order, (message) => {
      ticket.count({ received: message.bytesDone - counted });
      counted = message.bytesDone;
      const { type: _type, ...progress } = message;
      become({ state: "installing", version, startedAt, ...progress });
    });
    if (outcome.type === "failed") {
      ticket.fail(outcome.error.message);
      rmSync(staging, { recursive: true, force: true });
      return fail(version, outcome.error);
    }
    ticket.end();
    try {
      const info = {
        name: "openclaw" as const,
        version,
        integrity: outcome.integrity,
        node: outcome.node,
        installedAt: clock.now(),
      };
      releases.publish(staging, info);
      activateUnlessLive(version);
      return become({ state: "installed", version, installedAt: info.installedAt });
    } catch (error) {
      return fail(version, reportOf(error));
    }
  };

  const carryOut = (
    order: InstallOrder,
    onProgress: (message: Extract<InstallMessage, { type: "progress" }>) => void,
  ): Promise<Exclude<InstallMessage, { type: "progress" }>> =>
    new Promise((resolve) => {
      const [program, ...args] = deps.command;
      const child = spawn(program, args, { env: deps.environment, stdio: ["pipe", "pipe", "ignore"] });
      const ended: InstallMessage = {
        type: "failed",
        error: {
          code: "INSTALL_FAILED",
          message: "The installation was interrupted.",
          next: "Install again from the Status page.",
        },
      };
      stop = () => child.kill("SIGKILL");
      let result: Exclude<InstallMessage, { type: "progress" }> = ended;
      createInterface({ input: child.stdout }).on("line", (line) => {
        const message = installMessage.parse(JSON.parse(line));
        if (message.type === "progress") onProgress(message);
        else result = message;
      });
      child.once("error", () => resolve(ended));
      child.once("close", () => resolve(result));
      child.stdin.on("error", () => {});
      child.stdin.write(`${JSON.stringify(order)}\n`);
    });

  return {
    state: () => state,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    install(version) {
      if (running !== null) return running;
      try {
        const there = releases.find(version);
        if (there !== null) {
          activateUnlessLive(version);
          return Promise.resolve(become({ state: "installed", version, installedAt: there.installedAt }));
        }
        releases.sweep();
      } catch (error) {
        return Promise.resolve(fail(version, reportOf(error)));
      }
      running = build(version).finally(() => (running = null));
      return running;
    },
    close: () => stop(),
  };
}

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
import { openclawComponent } from "./component.ts";
import { type InstallAnswer, installAnswer, type InstallProgress, type ReleaseOrder } from "./messages.ts";
import { beginAtRegistry } from "./registry-ticket.ts";
import { type ChildProgram, runChild } from "./run-child.ts";

/** With the program `install-child`. */
export interface InstallerDeps extends ChildProgram {
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
  /**
   * Installs `version` unless it is there; a second call while one runs gets the same result. At the first call, when
   * the daemon starts, a glance tells whether it is there. Whoever calls again has doubts: then every file is looked at,
   * and a release that has lost one is built anew beside it and put in its place.
   * @param nodePath the Node that runs its install scripts; this process's own, if not said
   */
  install(version: string, nodePath?: string): Promise<InstallState>;
  /** Stops what runs; nothing half is left. */
  close(): void;
}

const interrupted: InstallAnswer = {
  type: "failed",
  error: {
    code: "INSTALL_FAILED",
    message: "The installation was interrupted.",
    next: "Install again from the Status page.",
  },
};

export function createInstaller(deps: InstallerDeps): Installer {
  const { releases, clock } = deps;
  const listeners = new Set<(state: InstallState) => void>();
  let state: InstallState = { state: "absent" };
  let running: Promise<InstallState> | null = null;
  let stopping = new AbortController();

  const become = (next: InstallState): InstallState => {
    state = next;
    for (const listener of listeners) listener(next);
    return next;
  };
  const fail = (version: string, error: ErrorReport): InstallState => {
    deps.log.error({ version, code: error.code }, "OpenClaw could not be installed");
    return become({ state: "failed", version, error });
  };

  /**
   * A pointer that cannot be read, or that names a release that is not there, is put right by the release at hand. One
   * whose Node is not there is right: see `Runtimes.path`.
   */
  const activateUnlessLive = async (version: string): Promise<void> => {
    try {
      if (releases.live() !== null) return;
    } catch (error) {
      const named = releases.named();
      if (named !== null && (await releases.isWhole(named.openclaw, "glance"))) return;
      deps.log.warn({ error: reportOf(error) }, "the pointer to the live release is written anew");
    }
    releases.activate({ openclaw: version, node: "bundled", state: "openclaw" });
  };

  const begin = (version: string, startedAt: number): InstallState => {
    const nothing = { bytesDone: 0, bytesTotal: null, packagesDone: 0, packagesTotal: null };
    return become({ state: "installing", version, stage: "resolve", ...nothing, startedAt });
  };

  const ensure = async (
    version: string,
    nodePath: string,
    look: "glance" | "thorough",
  ): Promise<InstallState> => {
    try {
      const there = releases.find(version);
      if (there !== null && (await releases.isWhole(version, look))) {
        await activateUnlessLive(version);
        return become({ state: "installed", version, installedAt: there.installedAt });
      }
      if (there !== null) deps.log.warn({ version }, "OpenClaw has lost files and is installed again");
    } catch (error) {
      return fail(version, reportOf(error));
    }
    await sweep();
    return await build(version, nodePath);
  };

  const build = async (version: string, nodePath: string): Promise<InstallState> => {
    const startedAt = clock.now();
    begin(version, startedAt);
    let staging: string;
    let ticket: LedgerTicket;
    try {
      staging = releases.staging(version);
      ticket = beginAtRegistry(deps, `fetching OpenClaw ${version}`);
    } catch (error) {
      return fail(version, reportOf(error));
    }
    const order: ReleaseOrder = {
      what: "openclaw",
      component: openclawComponent,
      nodePath,
      version,
      lockFile: deps.lockFile(version),
      kept: releases.list().map((one) => deps.lockFile(one.version)),
      staging,
      cache: deps.cache,
      registry: deps.registry,
    };
    let counted = 0;
    const tell = ({ type: _type, ...progress }: InstallProgress): void => {
      ticket.count({ received: progress.bytesDone - counted });
      counted = progress.bytesDone;
      become({ state: "installing", version, startedAt, ...progress });
    };
    const outcome = (await runChild(deps, order, installAnswer, tell, stopping.signal)) ?? interrupted;
    if (outcome.type === "failed") {
      ticket.fail(outcome.error.message);
      await sweep();
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
        counts: outcome.counts,
      };
      releases.publish(staging, info);
      await activateUnlessLive(version);
      await sweep();
      return become({ state: "installed", version, installedAt: info.installedAt });
    } catch (error) {
      return fail(version, reportOf(error));
    }
  };

  // What stays in the way only takes up space, until the next installation.
  const sweep = (): Promise<void> =>
    releases
      .sweep()
      .catch((error: unknown) =>
        deps.log.warn({ error: String(error) }, "what is left could not be removed"),
      );

  // Found when OpenClaw was to be started: the page offers to install it again.
  releases.onDamage((error) => {
    if (state.state === "installed") become({ state: "failed", version: state.version, error });
  });

  return {
    state: () => state,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    install(version, nodePath = process.execPath) {
      if (running !== null) return running;
      const look = state.state === "absent" ? "glance" : "thorough";
      stopping = new AbortController();
      if (look === "thorough") begin(version, clock.now());
      running = ensure(version, nodePath, look).finally(() => (running = null));
      return running;
    },
    close: () => stopping.abort(),
  };
}

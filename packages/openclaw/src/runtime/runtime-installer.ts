import { rm } from "node:fs/promises";
import { type Clock, type LedgerWriter, type Log, SmartClawError } from "@smartclaw/contracts";
import type { Component } from "../install/component.ts";
import { installFault } from "../install/faults.ts";
import { type InstallProgress, runtimeAnswer, type RuntimeOrder } from "../install/messages.ts";
import { beginAtRegistry } from "../install/registry-ticket.ts";
import type { ReleaseLists } from "../install/release-lists.ts";
import { type ChildProgram, runChild } from "../install/run-child.ts";
import { bundledNode, programOf, runtimeInfo } from "./find-runtime.ts";
import type { Runtimes } from "./runtimes.ts";

/** With the program `install-child`. */
export interface RuntimeInstallerDeps extends ChildProgram {
  readonly runtimes: Runtimes;
  /** The package for this machine, and the lists of its versions that are trusted; null when there is none. */
  readonly source: { readonly component: Component; readonly lists: ReleaseLists } | null;
  /** Of Nodes' tarballs, and nothing else; makes a second installation quick. */
  readonly cache: string;
  readonly registry: string;
  readonly ledger: LedgerWriter;
  readonly processName: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Brings Nodes for releases that do not run on the bundled one. */
export interface RuntimeInstaller {
  readonly runtimes: Runtimes;
  /**
   * Makes sure that a Node lies there whole. One at a time: a second call waits for the first.
   * @param insisted the user wants it although there were doubts about it
   * @throws SmartClawError UPDATE_REFUSED when its package is not to be trusted; INSTALL_INTEGRITY, RUNTIME_UNSUPPORTED
   * when it is not what it should be; CANCELLED when `signal` aborts; NETWORK_UNREACHABLE, INSTALL_FAILED, DISK_FULL
   */
  ensure(
    version: string,
    insisted: boolean,
    onProgress: (progress: InstallProgress) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /** Removes all other Nodes, and what was kept of them. `bundledNode` may be among those to keep. */
  tidy(keep: readonly string[]): Promise<void>;
}

export function createRuntimeInstaller(deps: RuntimeInstallerDeps): RuntimeInstaller {
  const { runtimes, source, log } = deps;
  let last: Promise<unknown> = Promise.resolve();

  const build = async (
    version: string,
    { component, lists }: NonNullable<typeof source>,
    onProgress: (progress: InstallProgress) => void,
    signal: AbortSignal,
  ): Promise<void> => {
    const ticket = beginAtRegistry(deps, `fetching Node ${version}`);
    let counted = 0;
    const tell = (progress: InstallProgress): void => {
      ticket.count({ received: progress.bytesDone - counted });
      counted = progress.bytesDone;
      onProgress(progress);
    };
    try {
      const staging = runtimes.staging(version);
      const order: RuntimeOrder = {
        what: "node",
        component,
        version,
        lockFile: lists.pathOf(version),
        staging,
        cache: deps.cache,
        registry: deps.registry,
        program: programOf(component.name),
      };
      const answer = await runChild(deps, order, runtimeAnswer, tell, signal);
      if (answer === null) throw signal.aborted ? stopped(version) : ended(version);
      if (answer.type === "failed") throw SmartClawError.from(answer.error);
      const { integrity, size } = answer;
      const { name } = component;
      runtimes.publish(staging, { name, version, integrity, size, installedAt: deps.clock.now() });
      ticket.end();
      log.info({ version }, "a Node was installed");
    } catch (error) {
      const fault = installFault(error, `Node ${version}`);
      ticket.fail(fault.message);
      throw fault;
    }
  };

  // What stays in the way only takes up space, until the next installation.
  const sweep = (): Promise<void> =>
    runtimes
      .sweep()
      .catch((error: unknown) => log.warn({ error: String(error) }, "what is left could not be removed"));

  const ensure: RuntimeInstaller["ensure"] = async (version, insisted, onProgress, signal) => {
    if (runtimes.isWhole(version)) return;
    if (source === null || !runtimeInfo.shape.version.safeParse(version).success) throw noPackage(version);
    const earlier = runtimes.list().at(-1)?.version ?? null;
    await source.lists.ensure(
      { version, integrity: null, insisted, earlier, before: null },
      onProgress,
      signal,
    );
    await sweep();
    try {
      await build(version, source, onProgress, signal);
    } finally {
      await sweep();
    }
  };

  return {
    runtimes,
    ensure(...request) {
      const next = last.then(() => ensure(...request));
      last = next.catch(() => {});
      return next;
    },
    async tidy(keep) {
      for (const { version } of runtimes.list()) if (!keep.includes(version)) await runtimes.remove(version);
      source?.lists.tidy(keep);
      if (keep.every((node) => node === bundledNode)) await rm(deps.cache, { recursive: true, force: true });
    },
  };
}

function stopped(version: string): SmartClawError {
  return new SmartClawError(
    "CANCELLED",
    `The installation of Node ${version} was stopped.`,
    "Nothing was changed; it can be begun again.",
  );
}

function ended(version: string): SmartClawError {
  return new SmartClawError(
    "INSTALL_FAILED",
    `The installation of Node ${version} was interrupted.`,
    "Nothing was changed; it is tried again.",
  );
}

function noPackage(version: string): SmartClawError {
  return new SmartClawError(
    "RUNTIME_UNSUPPORTED",
    `Node ${version} cannot be fetched for this kind of computer.`,
    "Nothing is to be done; the version that runs goes on.",
  );
}

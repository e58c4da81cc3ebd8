import { type Clock, type InstallState, type Log, reportOf } from "@smartclaw/contracts";
import {
  bundledNode,
  createInstaller,
  type InstallerDeps,
  type Releases,
  type RuntimeInstaller,
} from "@smartclaw/openclaw";
import { repairRuntime } from "./repair-runtime.ts";

/** The release that a new installation gets. Its packages are listed with their hashes in `packages/openclaw/locks`. */
const defaultVersion = "2026.9.6";

/** What must lie on the disk before OpenClaw can start: a release, and the Node on which that runs. */
export interface Installation {
  /** @param mayChange false while an update is under way, as its journal says what belongs together */
  ensure(mayChange: boolean): Promise<InstallState>;
  state(): InstallState;
  close(): void;
}

export function createInstallation(deps: {
  readonly releases: Releases;
  readonly nodes: RuntimeInstaller;
  readonly install: Omit<InstallerDeps, "releases">;
  readonly clock: Clock;
  readonly log: Log;
  readonly changed: () => void;
}): Installation {
  const { releases, nodes, clock, log } = deps;
  const { runtimes } = nodes;
  const installer = createInstaller({ ...deps.install, releases });
  installer.onChange(deps.changed);
  const closing = new AbortController();
  /** While the live release's Node is brought back, and when that failed. */
  let repair: InstallState | null = null;
  const tellRepair = (state: InstallState | null): void => {
    repair = state;
    deps.changed();
  };
  const lacksNode = (): boolean => {
    const node = releases.named()?.node ?? bundledNode;
    return node !== bundledNode && !runtimes.isWhole(node);
  };
  const ensureNode = async (mayChange: boolean): Promise<void> => {
    const version = releases.named()?.openclaw ?? defaultVersion;
    const startedAt = clock.now();
    try {
      await repairRuntime(
        { releases, nodes, mayChange, log },
        ({ type: _type, ...now }) => tellRepair({ state: "installing", version, startedAt, ...now }),
        closing.signal,
      );
      if (repair !== null) tellRepair(null);
    } catch (error) {
      tellRepair({ state: "failed", version, error: reportOf(error) });
    }
  };
  return {
    async ensure(mayChange) {
      await ensureNode(mayChange);
      if (repair !== null && lacksNode()) return repair;
      const named = releases.named();
      return await installer.install(
        named?.openclaw ?? defaultVersion,
        runtimes.path(named?.node ?? bundledNode),
      );
    },
    state() {
      // An update may have brought another release and its Node meanwhile.
      if (repair !== null && lacksNode()) return repair;
      const state = installer.state();
      const named = releases.named();
      // The updater brings releases, too.
      const info = state.state === "installed" && named !== null ? releases.find(named.openclaw) : null;
      return info === null
        ? state
        : { state: "installed", version: info.version, installedAt: info.installedAt };
    },
    close() {
      closing.abort();
      installer.close();
    },
  };
}

import { join } from "node:path";
import type { Clock, LedgerWriter, Log } from "@smartclaw/contracts";
import {
  createReleaseLists,
  createRuntimeInstaller,
  type InstallerDeps,
  openclawComponent,
  type ReleaseLists,
  runtimeComponent,
  type RuntimeInstaller,
  type Runtimes,
} from "@smartclaw/openclaw";
import type { Programs } from "../daemon/daemon.ts";
import type { Paths } from "../daemon/paths.ts";
import { installEnvironment } from "./install-environment.ts";

/** The registry that is known to sign its packages. */
const npmHost = "registry.npmjs.org";

/** What every installation needs: the registry, the lists of packages that are trusted, and npm's caches. */
export function createNpmParts(deps: {
  readonly paths: Paths;
  readonly runtimes: Runtimes;
  readonly programs: Programs;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly ledger: LedgerWriter;
  readonly clock: Clock;
  readonly log: Log;
}): {
  readonly lists: ReleaseLists;
  readonly install: Omit<InstallerDeps, "releases">;
  readonly nodes: RuntimeInstaller;
} {
  const { paths, programs, environment, ledger, log } = deps;
  const registry = environment["npm_config_registry"] ?? `https://${npmHost}/`;
  const npm = {
    environment: installEnvironment(environment),
    registry,
    ledger,
    processName: "smartclaw-installer",
    log,
  };
  const trust = {
    ...npm,
    command: [process.execPath, programs.resolveChild] as const,
    folder: join(paths.updateWork, "lists"),
    registrySigns: URL.parse(registry)?.hostname === npmHost,
    keys: null,
  };
  const lists = createReleaseLists({
    ...trust,
    component: openclawComponent,
    committed: (wanted) => join(programs.locks, `openclaw-${wanted}.json`),
    cache: join(paths.cache, "lists"),
  });
  const install = {
    ...npm,
    command: [process.execPath, programs.installChild] as const,
    cache: join(paths.cache, "npm"),
    lockFile: lists.pathOf,
    clock: deps.clock,
  };
  const component = runtimeComponent(process.platform, process.arch);
  const nodes = createRuntimeInstaller({
    ...install,
    cache: join(paths.cache, "npm-node"),
    runtimes: deps.runtimes,
    source: component && {
      component,
      lists: createReleaseLists({
        ...trust,
        component,
        committed: (wanted) => join(programs.locks, `${component.name}-${wanted}.json`),
        cache: join(paths.cache, "node-lists"),
      }),
    },
  });
  return { lists, install, nodes };
}

import { join } from "node:path";
import type { Clock, LedgerWriter, Log } from "@smartclaw/contracts";
import { createReleaseLists, type InstallerDeps, type ReleaseLists } from "@smartclaw/openclaw";
import type { Programs } from "../daemon/daemon.ts";
import type { Paths } from "../daemon/paths.ts";
import { installEnvironment } from "./install-environment.ts";

/** The registry that is known to sign its packages. */
const npmHost = "registry.npmjs.org";

/** What every installation needs: the registry, the lists of packages that are trusted, and npm's caches. */
export function createNpmParts(deps: {
  readonly paths: Paths;
  readonly programs: Programs;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly ledger: LedgerWriter;
  readonly clock: Clock;
  readonly log: Log;
}): { readonly lists: ReleaseLists; readonly install: Omit<InstallerDeps, "releases"> } {
  const { paths, programs, environment, ledger, log } = deps;
  const registry = environment["npm_config_registry"] ?? `https://${npmHost}/`;
  const npm = {
    environment: installEnvironment(environment),
    registry,
    ledger,
    processName: "smartclaw-installer",
    log,
  };
  const lists = createReleaseLists({
    ...npm,
    command: [process.execPath, programs.resolveChild],
    committed: (wanted) => join(programs.locks, `openclaw-${wanted}.json`),
    folder: join(paths.updateWork, "lists"),
    cache: join(paths.cache, "lists"),
    registrySigns: URL.parse(registry)?.hostname === npmHost,
    keys: null,
  });
  const install = {
    ...npm,
    command: [process.execPath, programs.installChild] as const,
    cache: join(paths.cache, "npm"),
    lockFile: lists.pathOf,
    clock: deps.clock,
  };
  return { lists, install };
}

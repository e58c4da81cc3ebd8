import { existsSync } from "node:fs";
import type { Clock, InstallState } from "@smartclaw/contracts";
import type { ReleaseLists, Releases } from "@smartclaw/openclaw";
import type { Transaction } from "@smartclaw/updater";

export interface ListDeps {
  readonly releases: Releases;
  readonly lists: ReleaseLists;
  /** What the registry announces as the hash of OpenClaw's tarball. @throws as `Registry.release` */
  readonly integrityOf: (version: string, signal: AbortSignal) => Promise<string>;
  /** How long a package must have been published before it may come with a release, in milliseconds. */
  readonly coolDownMs: () => number;
  readonly clock: Clock;
}

/**
 * Makes the list of packages of a release that has none and has to be installed. One that lies there whole needs none,
 * as the way back must not lead through the network.
 * @throws as `ReleaseLists.ensure`
 */
export async function ensureList(
  { from, to, insisted }: Pick<Transaction, "from" | "to" | "insisted">,
  { lists, releases, integrityOf, coolDownMs, clock }: ListDeps,
  onProgress: (state: InstallState) => void,
  signal: AbortSignal,
): Promise<void> {
  const { version } = to;
  if (existsSync(lists.pathOf(version))) return;
  if (releases.find(version) !== null && (await releases.isWhole(version, "thorough"))) return;
  const startedAt = clock.now();
  await lists.ensure(
    {
      version,
      integrity: (signal) => integrityOf(version, signal),
      insisted,
      earlier: from.version,
      before: new Date(startedAt - coolDownMs()),
    },
    // The installation's own stages come after all of this, so that the page's bar never goes back.
    ({ type: _type, ...now }) =>
      onProgress({ state: "installing", version, startedAt, ...now, stage: "resolve" }),
    signal,
  );
}

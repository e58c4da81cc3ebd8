import type { Log } from "@smartclaw/contracts";
import { bundledNode, type Releases, type RuntimeInstaller } from "@smartclaw/openclaw";
import { chooseRuntime } from "@smartclaw/updater";

/**
 * Puts right that the Node which the pointer names is not on the disk any more. Another one that is at hand takes its
 * place only when the release's own `engines` says that it runs on it: the assistant is back at once then, also without
 * a network, and the pointer and the log say on what. Otherwise the same version is fetched again.
 * @param deps.mayChange false while an update is under way, as its journal says what belongs together
 * @throws as `RuntimeInstaller.ensure`
 */
export async function repairRuntime(
  deps: {
    readonly releases: Releases;
    readonly nodes: RuntimeInstaller;
    readonly mayChange: boolean;
    readonly log: Log;
  },
  onProgress: Parameters<RuntimeInstaller["ensure"]>[2],
  signal: AbortSignal,
): Promise<void> {
  const { releases, nodes, log } = deps;
  const { runtimes } = nodes;
  const named = releases.named();
  if (named === null || named.node === bundledNode || runtimes.isWhole(named.node)) return;
  const { openclaw, node: lost, state } = named;
  const range = deps.mayChange ? (releases.find(openclaw)?.node ?? null) : null;
  const atHand = {
    bundled: runtimes.versionOf(bundledNode),
    installed: runtimes.list().map(({ version }) => version),
  };
  const other = range === null ? null : chooseRuntime(range, atHand);
  if (other === null) return nodes.ensure(lost, false, onProgress, signal);
  releases.activate({ openclaw, node: other, state });
  log.warn(
    { lost, node: runtimes.versionOf(other), openclaw },
    "OpenClaw's Node was lost; it runs on another",
  );
}

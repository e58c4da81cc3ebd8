import type { Clock, InstallState } from "@smartclaw/contracts";
import { bundledNode, type RuntimeInstaller } from "@smartclaw/openclaw";
import type { Transaction } from "@smartclaw/updater";

/**
 * Makes sure that the Node of an update lies there whole. SmartClaw's own always does, and what lies there is not asked
 * for again, as the way back must not lead through the network.
 * @throws as `RuntimeInstaller.ensure`
 */
export async function ensureRuntime(
  { to, insisted }: Pick<Transaction, "to" | "insisted">,
  { nodes, clock }: { readonly nodes: RuntimeInstaller; readonly clock: Clock },
  onProgress: (state: InstallState) => void,
  signal: AbortSignal,
): Promise<void> {
  if (to.node === bundledNode) return;
  const startedAt = clock.now();
  await nodes.ensure(
    to.node,
    insisted,
    // OpenClaw's own installation comes after all of this, so that the page's bar never goes back.
    ({ type: _type, ...now }) =>
      onProgress({ state: "installing", version: to.version, startedAt, ...now, stage: "resolve" }),
    signal,
  );
}

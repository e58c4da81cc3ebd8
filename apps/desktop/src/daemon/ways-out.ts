import {
  type Clock,
  type LedgerWriter,
  type Log,
  type OpenExit,
  type Secret,
  secretIdOf,
} from "@smartclaw/contracts";
import {
  createForwardProxy,
  createGuardedExit,
  createModelProxy,
  type ForwardProxy,
  type ModelProxy,
} from "@smartclaw/egress";
import { providerDefaults } from "../connections/defaults.ts";
import type { ConnectionStore } from "../connections/store.ts";
import type { OpenClawRoom } from "../openclaw/openclaw-room.ts";
import { createProviderFaults, type ProviderFaults } from "../openclaw/provider-faults.ts";

/**
 * Where OpenClaw finds the two proxies, if nobody else listens there. They stand in its configuration, and OpenClaw
 * looks through its whole state for what must be migrated whenever that differs from the last start.
 */
const ports = { model: [...range(7430, 10), 0], forward: [...range(7440, 10), 0] };

/**
 * OpenClaw's two ways out, both listening on loopback: to models, with keys that it never sees, and to everything else;
 * and those of Guardian, each for what it lets through.
 */
export interface WaysOut {
  readonly modelProxy: ModelProxy;
  readonly modelProxyPort: number;
  readonly forwardProxy: ForwardProxy;
  readonly forwardProxyPort: number;
  readonly openExit: OpenExit;
  readonly providerFaults: ProviderFaults;
  close(): Promise<void>;
}

export async function openWaysOut(deps: {
  readonly connections: ConnectionStore;
  /** The vault's; null while it is locked. */
  readonly keyOf: (secretId: string) => Secret | null;
  /** What OpenClaw shows at the model proxy. */
  readonly proxyToken: Secret;
  readonly allowedHosts: () => readonly string[];
  /** Who uses them; asked when somebody does. */
  readonly openclaw: () => Pick<OpenClawRoom, "processName" | "ownerOf" | "trialRoute">;
  /** The daemon's own name in the ledger. */
  readonly self: string;
  readonly ledger: LedgerWriter;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<WaysOut> {
  const { connections, ledger, clock, log } = deps;
  // A connection without a key (a local server) must work while the vault is locked.
  const needsVault = (id: string): boolean => {
    const one = connections.find(id);
    if (one === null) return false;
    return (
      providerDefaults[one.kind].needsKey ||
      connections.list().some((known) => known.id === id && known.hasKey)
    );
  };
  const providerFaults = createProviderFaults({ clock });
  const modelProxy = createModelProxy({
    onFault: (request, report) => providerFaults.failed(request, report),
    onAnswer: (request) => providerFaults.answered(request),
    token: deps.proxyToken,
    route: (id) => connections.find(id) ?? deps.openclaw().trialRoute(id),
    keyFor: (id) => (needsVault(id) ? deps.keyOf(secretIdOf(id)) : null),
    needsKey: needsVault,
    ledger,
    clock,
    log,
    processes: { client: () => deps.openclaw().processName(), self: deps.self },
  });
  const modelProxyPort = await modelProxy.listen(ports.model);
  const forwardProxy = createForwardProxy({
    ownDoors: [modelProxyPort],
    allowed: deps.allowedHosts,
    ledger,
    log,
    clientOf: async (connection) => deps.openclaw().ownerOf(connection),
  });
  const forwardProxyPort = await forwardProxy.listen(ports.forward);
  return {
    modelProxy,
    modelProxyPort,
    forwardProxy,
    forwardProxyPort,
    openExit: createGuardedExit({ ledger, log }),
    providerFaults,
    async close() {
      await Promise.all([modelProxy.close(), forwardProxy.close()]);
    },
  };
}

function range(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, at) => first + at);
}

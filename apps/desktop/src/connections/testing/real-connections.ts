import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Log, Secret } from "@smartclaw/contracts";
import { createLedger, createModelProxy } from "@smartclaw/egress";
import { type ProviderStandIn, startProviderStandIn } from "@smartclaw/egress/testing";
import { createImporter, createVault, type Vault } from "@smartclaw/vault";
import { createMemoryKeystore } from "@smartclaw/vault/testing";
import { type Connections, createConnections } from "../connections.ts";
import { createDiscoveries, type Discoveries } from "../discoveries.ts";
import { type ConnectionStore, createConnectionStore } from "../store.ts";

/** The rooms as the daemon builds them, in files of a folder. */
interface Rooms {
  readonly vault: Vault;
  readonly store: ConnectionStore;
  readonly connections: Connections;
  readonly discoveries: Discoveries;
}

export interface RealConnections {
  readonly provider: ProviderStandIn;
  /** What would be added for the stand-in. */
  readonly request: { readonly kind: "compatible"; readonly baseUrl: string; readonly model: string };
  /** What was logged as a warning or an error. */
  readonly logged: { readonly context: object; readonly text: string }[];
  /** `connections.json` */
  readonly file: string;
  /** Builds the rooms, again as after a restart: what they keep is in the files. */
  open(onChange?: (vault: Vault) => void): Promise<Rooms>;
  close(): Promise<void>;
}

/**
 * The real connections over a real vault, the real model proxy and the real importer; stand-ins are the provider and
 * the operating system's keystore.
 * @param folder holds the vault, `connections.json` and, in `.openclaw`, an OpenClaw to import from
 */
export async function createRealConnections(
  folder: string,
  models = ["standin-1"],
): Promise<RealConnections> {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "connections.json");
  const provider = await startProviderStandIn({ key: null, models });
  const logged: { context: object; text: string }[] = [];
  const note = (context: object, text: string): void => void logged.push({ context, text });
  const log: Log = { info() {}, warn: note, error: note };
  const clock = { now: () => Date.now() };
  const elsewhere = mkdtempSync(join(tmpdir(), "sc-ledger-"));
  const ledger = createLedger({ file: join(elsewhere, "ledger.sqlite"), clock, retentionDays: () => 1, log });
  const keystore = createMemoryKeystore();
  let open: Vault | null = null;

  return {
    provider,
    request: { kind: "compatible", baseUrl: `${provider.url}/v1`, model: models[0] ?? "" },
    logged,
    file,
    async open(onChange) {
      open?.close();
      const vault = createVault({
        file: join(folder, "vault.sqlite"),
        keystore,
        clock,
        random: (length) => Uint8Array.from(randomBytes(length)),
        platform: process.platform,
        log,
        readCredential: () => null,
      });
      open = vault;
      await vault.open();
      const store = createConnectionStore({ file, secrets: vault, log });
      const checker = createModelProxy({
        token: Secret.fromText("not used: nobody asks through it"),
        route: (id) => store.find(id),
        keyFor: () => null,
        needsKey: () => false,
        onFault() {},
        ledger,
        clock,
        log,
        processes: { client: () => "test", self: "test" },
      });
      const changed = (): void => onChange?.(vault);
      const connections = createConnections({ store, secrets: vault, checker, clock, changed });
      const discoveries = createDiscoveries({
        importer: createImporter({ home: folder, environment: {}, store: vault }),
        connections,
        localServers: () => Promise.resolve([]),
      });
      return { vault, store, connections, discoveries };
    },
    async close() {
      open?.close();
      ledger.close();
      await provider.close();
      rmSync(elsewhere, { recursive: true });
    },
  };
}

import {
  type Connection,
  type ConnectionCheck,
  type Discovery,
  type ImportStep,
  secretIdOf,
  SmartClawError,
} from "@smartclaw/contracts";
import type { FoundKey, Importer } from "@smartclaw/vault";
import type { Connections } from "./connections.ts";

/** What is on this computer already: keys in the clear and local model servers. */
export interface Discoveries {
  /** Looks only. */
  list(): Promise<Discovery[]>;
  /** Makes a connection of a discovered one; a key moves into the vault and out of where it was. */
  adopt(id: string): Promise<{ connection: Connection | null; check: ConnectionCheck }>;
  scan(): ImportStep[];
  importAll(): Promise<ImportStep[]>;
}

export function createDiscoveries(deps: {
  importer: Importer;
  connections: Connections;
  localServers: () => Promise<Discovery[]>;
}): Discoveries {
  const { importer, connections } = deps;

  const adoptKey = async (
    found: FoundKey,
    keepAnyway: boolean,
  ): Promise<{ connection: Connection | null; check: ConnectionCheck; steps: ImportStep[] }> => {
    const { kind, api, baseUrl, model, secret } = found;
    const request = { kind, api, baseUrl, key: secret.revealText(), ...(model === null ? {} : { model }) };
    const { connection, check } = await connections.add(request, { keepAnyway });
    if (connection === null) return { connection, check, steps: [] };
    return { connection, check, steps: importer.scrub(found, secretIdOf(connection.id)) };
  };

  return {
    async list() {
      const keys = importer
        .scan()
        .map(({ id, source, kind, label, where, baseUrl, api, model }): Discovery => ({
          id,
          source,
          kind,
          label,
          where,
          baseUrl,
          api,
          model,
          hasKey: true,
        }));
      const known = new Set(connections.list().map((one) => one.baseUrl));
      const servers = (await deps.localServers()).filter((one) => !known.has(one.baseUrl));
      return [...keys, ...servers];
    },
    async adopt(id) {
      const key = importer.scan().find((one) => one.id === id);
      if (key !== undefined) {
        const { connection, check } = await adoptKey(key, false);
        return { connection, check };
      }
      const server = (await deps.localServers()).find((one) => one.id === id);
      if (server === undefined)
        throw new SmartClawError("NOT_FOUND", "This is not on the computer any more.", "Look again.");
      const { kind, baseUrl, api, model } = server;
      return connections.add(
        { kind, baseUrl, api, ...(model === null ? {} : { model }) },
        { keepAnyway: false },
      );
    },
    scan: () =>
      importer.scan().map(({ where, field }) => ({
        path: where,
        field,
        storedAs: null,
        outcome: "found" as const,
        detail: "a key lies here in the clear",
      })),
    async importAll() {
      const steps: ImportStep[] = [];
      for (const found of importer.scan()) {
        try {
          const { connection, steps: done } = await adoptKey(found, true);
          const storedAs = connection === null ? null : secretIdOf(connection.id);
          steps.push(
            ...(done.length > 0
              ? done
              : [
                  {
                    path: found.where,
                    field: found.field,
                    storedAs,
                    outcome: "failed" as const,
                    detail: "it could not be kept",
                  },
                ]),
          );
        } catch (error) {
          const detail = error instanceof SmartClawError ? error.message : "it could not be moved";
          steps.push({ path: found.where, field: found.field, storedAs: null, outcome: "failed", detail });
        }
      }
      return steps;
    },
  };
}

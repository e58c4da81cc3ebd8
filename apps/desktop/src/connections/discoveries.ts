import {
  type Connection,
  type ConnectionCheck,
  type ConnectionId,
  type Discovery,
  type ImportStep,
  reportOf,
  secretIdOf,
  SmartClawError,
} from "@smartclaw/contracts";
import type { FoundKey, Importer } from "@smartclaw/vault";
import type { Connections } from "./connections.ts";

/** As long as a label may be. */
const maxLabel = 80;

interface Adopted {
  readonly connection: Connection | null;
  readonly check: ConnectionCheck;
  /** What was done where the key was found, and to backups of that. */
  readonly steps: ImportStep[];
}

/** What is on this computer already: keys in the clear and local model servers. */
export interface Discoveries {
  /** Looks only. */
  list(): Promise<Discovery[]>;
  /** Makes a connection of a discovered one; a key moves into the vault and out of where it was. */
  adopt(id: string): Promise<Adopted>;
  scan(): ImportStep[];
  importAll(): Promise<ImportStep[]>;
}

export function createDiscoveries(deps: {
  importer: Importer;
  connections: Connections;
  localServers: () => Promise<Discovery[]>;
}): Discoveries {
  const { importer, connections } = deps;

  const adoptKey = async (found: FoundKey, keepAnyway: boolean): Promise<Adopted> => {
    const { kind, api, baseUrl, model, secret } = found;
    const label = found.provider.slice(0, maxLabel).trim();
    const request = {
      kind,
      api,
      baseUrl,
      key: secret.revealText(),
      ...(label === "" ? {} : { label }),
      ...(model === null ? {} : { model }),
    };
    const { connection, check } = await connections.add(request, { keepAnyway });
    return { connection, check, steps: connection === null ? [] : scrub(found, connection.id) };
  };
  /** The connection is there by now, so what fails here is a step that failed, and not the whole. */
  const scrub = (found: FoundKey, id: ConnectionId): ImportStep[] => {
    const storedAs = secretIdOf(id);
    try {
      return importer.scrub(found, storedAs);
    } catch (error) {
      const detail = `not removed from here: ${reportOf(error).message}`;
      return [{ path: found.where, field: found.field, storedAs, outcome: "failed", detail }];
    }
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
      if (key !== undefined) return await adoptKey(key, false);
      const server = (await deps.localServers()).find((one) => one.id === id);
      if (server === undefined)
        throw new SmartClawError("NOT_FOUND", "This is not on the computer any more.", "Look again.");
      const { kind, baseUrl, api, model } = server;
      const request = { kind, baseUrl, api, ...(model === null ? {} : { model }) };
      return { ...(await connections.add(request, { keepAnyway: false })), steps: [] };
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
        const { where: path, field } = found;
        const failed = (detail: string): ImportStep => ({
          path,
          field,
          storedAs: null,
          outcome: "failed",
          detail,
        });
        try {
          const { connection, steps: done } = await adoptKey(found, true);
          steps.push(...(connection === null ? [failed("it could not be kept")] : done));
        } catch (error) {
          steps.push(failed(error instanceof SmartClawError ? error.message : "it could not be moved"));
        }
      }
      return steps;
    },
  };
}

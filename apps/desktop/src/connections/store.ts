import { z } from "zod";
import {
  connection,
  type Connection,
  type ConnectionId,
  type Log,
  type SecretStore,
  secretIdOf,
} from "@smartclaw/contracts";
import { openJsonFile } from "../daemon/json-file.ts";

/** What is kept in the file; what the vault knows of the key is added when asked. */
const storedConnection = connection.omit({
  hasKey: true,
  keyVersion: true,
  rotatedAt: true,
  lastUsedAt: true,
  isDefault: true,
});
export type StoredConnection = z.infer<typeof storedConnection>;

const fileSchema = z.object({
  default: z.string().nullable(),
  connections: z.array(storedConnection),
});

export interface ConnectionStore {
  list(): Connection[];
  find(id: string): StoredConnection | null;
  save(value: StoredConnection): void;
  remove(id: ConnectionId): boolean;
  setDefault(id: ConnectionId): void;
  default(): StoredConnection | null;
}

export function createConnectionStore(deps: {
  file: string;
  secrets: Pick<SecretStore, "list">;
  log: Log;
}): ConnectionStore {
  const file = openJsonFile(deps.file, fileSchema, { default: null, connections: [] }, deps.log);
  const find = (id: string): StoredConnection | null =>
    file.get().connections.find((one) => one.id === id) ?? null;
  const theDefault = (): StoredConnection | null => {
    const { default: id, connections } = file.get();
    return (id === null ? null : find(id)) ?? connections[0] ?? null;
  };
  return {
    find,
    default: theDefault,
    list() {
      const infos = new Map(deps.secrets.list().map((info) => [info.id, info]));
      const first = theDefault();
      return file.get().connections.map((stored) => {
        const info = infos.get(secretIdOf(stored.id));
        return {
          ...stored,
          hasKey: info !== undefined,
          keyVersion: info?.version ?? null,
          rotatedAt: info !== undefined && info.version > 1 ? info.updatedAt : null,
          lastUsedAt: info?.lastUsedAt ?? null,
          isDefault: stored.id === first?.id,
        };
      });
    },
    save(value) {
      const current = file.get();
      const others = current.connections.filter((one) => one.id !== value.id);
      const position = current.connections.findIndex((one) => one.id === value.id);
      const connections = position === -1 ? [...others, value] : current.connections.with(position, value);
      file.set({ ...current, connections, default: current.default ?? value.id });
    },
    remove(id) {
      const current = file.get();
      const connections = current.connections.filter((one) => one.id !== id);
      if (connections.length === current.connections.length) return false;
      file.set({ ...current, connections, default: current.default === id ? null : current.default });
      return true;
    },
    setDefault(id) {
      file.set({ ...file.get(), default: id });
    },
  };
}

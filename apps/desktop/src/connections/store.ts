import {
  type Connection,
  type ConnectionCheck,
  type ConnectionId,
  type Log,
  reportOf,
  type SecretStore,
  secretIdOf,
} from "@smartclaw/contracts";
import { openConnectionFile, type StoredConnection } from "./connection-file.ts";

export interface ConnectionStore {
  list(): Connection[];
  find(id: string): StoredConnection | null;
  /** Whether this name is that of a connection, or of one that could come back and find its key again. */
  isTaken(id: ConnectionId): boolean;
  /** @throws SmartClawError DISK_FULL; nothing is then changed */
  save(value: StoredConnection): void;
  /** What a check gave. Never fails: where it cannot be written, it is known until the next start. */
  noteCheck(id: ConnectionId, check: ConnectionCheck): void;
  remove(id: ConnectionId): boolean;
  setDefault(id: ConnectionId): void;
  default(): StoredConnection | null;
}

export function createConnectionStore(deps: {
  file: string;
  secrets: Pick<SecretStore, "list">;
  log: Log;
}): ConnectionStore {
  const file = openConnectionFile(deps.file, deps.log);
  const unwritten = new Map<string, ConnectionCheck>();
  const rows = (): StoredConnection[] =>
    file.get().connections.map((one) => ({ ...one, lastCheck: unwritten.get(one.id) ?? one.lastCheck }));
  const write = (connections: readonly StoredConnection[], first: string | null): void => {
    file.set({ default: first, connections });
    unwritten.clear();
  };
  const find = (id: string): StoredConnection | null => rows().find((one) => one.id === id) ?? null;
  const theDefault = (): StoredConnection | null => {
    const { default: id } = file.get();
    return (id === null ? null : find(id)) ?? rows()[0] ?? null;
  };
  return {
    find,
    isTaken: (id) =>
      find(id) !== null ||
      file.unreadIds.has(id) ||
      deps.secrets.list().some((secret) => secret.id === secretIdOf(id)),
    default: theDefault,
    list() {
      const infos = new Map(deps.secrets.list().map((info) => [info.id, info]));
      const first = theDefault();
      return rows().map((stored) => {
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
      const current = rows();
      const position = current.findIndex((one) => one.id === value.id);
      const connections = position === -1 ? [...current, value] : current.with(position, value);
      write(connections, file.get().default ?? value.id);
    },
    noteCheck(id, check) {
      unwritten.set(id, check);
      try {
        write(rows(), file.get().default);
      } catch (error) {
        deps.log.warn(
          { id, error: reportOf(error) },
          "what the check of a connection gave could not be written",
        );
      }
    },
    remove(id) {
      const current = rows();
      const connections = current.filter((one) => one.id !== id);
      if (connections.length === current.length) return false;
      const { default: first } = file.get();
      write(connections, first === id ? null : first);
      return true;
    },
    setDefault(id) {
      write(rows(), id);
    },
  };
}

import { basename } from "node:path";
import { connection, type Log } from "@smartclaw/contracts";
import { z } from "zod";
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
  /** A file of which no row can be read is moved aside whole. */
  connections: z
    .array(z.unknown())
    .refine((rows) => rows.length === 0 || rows.some((row) => storedConnection.safeParse(row).success)),
  /** Rows that could not be read when the file was written. */
  unread: z.array(z.unknown()).optional(),
});

interface Content {
  readonly default: string | null;
  readonly connections: readonly StoredConnection[];
}

/** `connections.json`: read once, kept in memory, written whole. */
export interface ConnectionFile {
  get(): Content;
  /** Durable when it returns. @throws SmartClawError DISK_FULL; the value in memory is then unchanged. */
  set(content: Content): void;
  /** The ids that rows have which cannot be read. */
  readonly unreadIds: ReadonlySet<string>;
}

/**
 * A row that cannot be read, such as one of a later SmartClaw, takes no other with it: it is named in the log, kept as
 * it is, and tried again at each start.
 * @throws SmartClawError STORAGE_CORRUPT when the file can neither be read nor moved aside
 */
export function openConnectionFile(path: string, log: Log): ConnectionFile {
  const file = openJsonFile(path, fileSchema, { default: null, connections: [] }, log);
  const read = file.get();
  const connections: StoredConnection[] = [];
  const unread: unknown[] = [];
  const unreadIds = new Set<string>();
  for (const row of [...read.connections, ...(read.unread ?? [])]) {
    const { data, error } = storedConnection.safeParse(row);
    if (data !== undefined) connections.push(data);
    else {
      const id = idOf(row);
      if (id !== null) unreadIds.add(id);
      unread.push(row);
      const fields = [...new Set(error.issues.map((issue) => issue.path.join(".")))];
      log.error(
        { path, id, fields },
        `A connection in ${basename(path)} cannot be read, so it is kept there as it is and not used; to get it back, stop SmartClaw, put its row right and start again`,
      );
    }
  }
  let value: Content = { default: read.default, connections };
  return {
    get: () => value,
    set(content) {
      const valid = {
        default: content.default,
        connections: content.connections.map((one) => storedConnection.parse(one)),
      };
      file.set({ ...valid, ...(unread.length === 0 ? {} : { unread }) });
      value = valid;
    },
    unreadIds,
  };
}

function idOf(row: unknown): string | null {
  return z.object({ id: z.string() }).safeParse(row).data?.id ?? null;
}

import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { SmartClawError } from "@smartclaw/contracts";
import { z } from "zod";
import type { Need } from "../analysis/report.ts";
import { both, clean, isTainted, recipientOf, type Taint } from "./taint-core.ts";

/** What each conversation has taken in, kept as long as the conversations themselves: a restart makes none clean. */
export interface Taints {
  /** On disk before it returns. @throws the fault of the disk, on which nothing may be taken in */
  takeIn(session: string, taint: Taint): void;
  /** Of the needs that send something, those for which the owner has to be asked whatever was granted before. */
  heldBack(session: string, sending: readonly Need[]): readonly Need[];
  /** The owner, told of it, lets the conversation send to whom these needs lead. */
  trust(session: string, sending: readonly Need[]): void;
  close(): void;
}

const row = z.object({
  taken_private: z.literal([0, 1]),
  taken_untrusted: z.literal([0, 1]),
  trusted: z.string().transform((text) => z.array(z.string()).parse(JSON.parse(text))),
});

interface Kept {
  readonly taint: Taint;
  readonly trusted: readonly string[];
}

/** Nobody knows what a conversation has taken in whose row is not understood. */
const unknown: Kept = { taint: { privateRead: true, untrusted: true }, trusted: [] };

/** @throws SmartClawError STORAGE_CORRUPT; without it every conversation would count as clean */
function openDatabase(file: string): DatabaseSync {
  try {
    closeSync(openSync(file, "a", 0o600));
    const database = new DatabaseSync(file);
    database.exec(schema);
    return database;
  } catch (error) {
    throw new SmartClawError(
      "STORAGE_CORRUPT",
      `What conversations have taken in cannot be read (${file}): ${String(error)}.`,
      "Move the file away, and begin new conversations.",
    );
  }
}

const schema = `
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS conversation (
      session TEXT PRIMARY KEY,
      taken_private INTEGER NOT NULL,
      taken_untrusted INTEGER NOT NULL,
      trusted TEXT NOT NULL
    ) STRICT`;

/** @param file in a folder of mode 0700, which is made */
export function openTaints(file: string): Taints {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const database = openDatabase(file);
  const find = database.prepare("SELECT * FROM conversation WHERE session = ?");
  const put = database.prepare("INSERT OR REPLACE INTO conversation VALUES (?, ?, ?, ?)");
  const known = new Map<string, Kept>();

  function of(session: string): Kept {
    const found = known.get(session);
    if (found !== undefined) return found;
    const stored = find.get(session);
    const parsed = stored === undefined ? null : safely(() => row.parse(stored));
    const kept =
      stored === undefined
        ? { taint: clean, trusted: [] }
        : parsed === null
          ? unknown
          : {
              taint: { privateRead: parsed.taken_private === 1, untrusted: parsed.taken_untrusted === 1 },
              trusted: parsed.trusted,
            };
    known.set(session, kept);
    return kept;
  }

  function keep(session: string, kept: Kept): void {
    const { privateRead, untrusted } = kept.taint;
    put.run(session, Number(privateRead), Number(untrusted), JSON.stringify(kept.trusted));
    known.set(session, kept);
  }

  return {
    takeIn(session, taint) {
      const kept = of(session);
      const now = both(kept.taint, taint);
      if (JSON.stringify(now) !== JSON.stringify(kept.taint)) keep(session, { ...kept, taint: now });
    },
    heldBack(session, sending) {
      const { taint, trusted } = of(session);
      return isTainted(taint) ? sending.filter((need) => !trusted.includes(recipientOf(need))) : [];
    },
    trust(session, sending) {
      const kept = of(session);
      const trusted = [...new Set([...kept.trusted, ...sending.map(recipientOf)])];
      keep(session, { ...kept, trusted });
    },
    close: () => database.close(),
  };
}

function safely<Value>(read: () => Value): Value | null {
  try {
    return read();
  } catch {
    return null;
  }
}

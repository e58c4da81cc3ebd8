import type { LedgerEntry, LedgerWriter } from "@smartclaw/contracts";

type Row = Pick<LedgerEntry, "door" | "host" | "port" | "reason"> & {
  outcome: string;
  sent: number;
  received: number;
  peer: string | null;
};

/** A ledger in memory, for tests of what writes to one. */
export function recordingLedger(): LedgerWriter & { rows: Row[] } {
  const rows: Row[] = [];
  const add = (entry: Parameters<LedgerWriter["begin"]>[0], outcome: string): Row => {
    const row = {
      door: entry.door,
      host: entry.host,
      port: entry.port,
      reason: entry.reason,
      outcome,
      sent: 0,
      received: 0,
      peer: null,
    };
    rows.push(row);
    return row;
  };
  return {
    rows,
    refuse: (entry) => void add(entry, "refused"),
    begin(entry) {
      const row = add(entry, "open");
      const finish = (outcome: string): void => {
        if (row.outcome === "open") row.outcome = outcome;
      };
      return {
        connected: ({ fingerprint }) => void (row.peer = fingerprint),
        count({ sent = 0, received = 0 }) {
          row.sent += sent;
          row.received += received;
        },
        end: () => finish("ended"),
        fail: (reason) => finish(`failed: ${reason}`),
      };
    },
  };
}

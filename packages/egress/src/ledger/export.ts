import type { LedgerEntry } from "@smartclaw/contracts";

const columns = [
  "id",
  "startedAt",
  "endedAt",
  "door",
  "process",
  "host",
  "port",
  "address",
  "peerFingerprint",
  "bytesSent",
  "bytesReceived",
  "reason",
  "verdict",
] as const satisfies readonly (keyof LedgerEntry)[];

/** The ledger as a file: JSON, or CSV by RFC 4180 with times in ISO 8601. */
export function exportEntries(
  entries: readonly LedgerEntry[],
  format: "csv" | "json",
  now: number,
): { name: string; type: string; text: string } {
  const name = `smartclaw-network-${new Date(now).toISOString().slice(0, 10)}.${format}`;
  if (format === "json")
    return { name, type: "application/json", text: `${JSON.stringify(entries, null, 2)}\n` };
  const lines = entries.map((entry) =>
    columns.map((column) => cell(column.endsWith("At") ? isoTime(entry[column]) : entry[column])).join(","),
  );
  return { name, type: "text/csv", text: `${[columns.join(","), ...lines].join("\r\n")}\r\n` };
}

function isoTime(value: string | number | null): string {
  return typeof value === "number" ? new Date(value).toISOString() : "";
}

/** A host name comes from outside: a leading `=`, `+`, `-` or `@` would be a formula in a spreadsheet. */
function cell(value: string | number | null): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const harmless = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

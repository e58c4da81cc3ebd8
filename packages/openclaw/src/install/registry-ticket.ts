import type { LedgerTicket, LedgerWriter } from "@smartclaw/contracts";

/** Opens the ledger's entry for a connection to the registry. @throws whatever the ledger throws */
export function beginAtRegistry(
  deps: { readonly registry: string; readonly ledger: LedgerWriter; readonly processName: string },
  reason: string,
): LedgerTicket {
  const { hostname, port, protocol } = new URL(deps.registry);
  return deps.ledger.begin({
    door: "smartclaw",
    process: deps.processName,
    host: hostname,
    port: Number(port) || (protocol === "https:" ? 443 : 80),
    reason,
  });
}

import { z } from "zod";
import type { Discovery, LedgerWriter } from "@smartclaw/contracts";
import { providerDefaults } from "./defaults.ts";

/** How long a local server may take to say which models it has. */
const probeTimeoutMs = 700;
const modelList = z.object({ data: z.array(z.object({ id: z.string() })) });

type LocalKind = "ollama" | "lmstudio";

/** Asks the usual loopback addresses of Ollama and LM Studio for their models. Nothing else is contacted. */
export function createLocalServerProbe(deps: {
  fetch: typeof globalThis.fetch;
  ledger: LedgerWriter;
  processName: string;
}): () => Promise<Discovery[]> {
  const probe = async (kind: LocalKind): Promise<Discovery | null> => {
    const { baseUrl, label, api } = providerDefaults[kind];
    if (baseUrl === null) return null;
    const address = new URL(`${baseUrl}/models`);
    const ticket = deps.ledger.begin({
      door: "smartclaw",
      process: deps.processName,
      host: address.hostname,
      port: Number(address.port),
      reason: `looking for ${label}`,
    });
    try {
      const answer = await deps.fetch(address, {
        signal: AbortSignal.timeout(probeTimeoutMs),
        redirect: "error",
      });
      const text = await answer.text();
      ticket.count({ received: text.length });
      ticket.end();
      const model = modelList.parse(JSON.parse(text)).data[0]?.id ?? null;
      return {
        id: `${kind}@${address.host}`,
        source: kind,
        kind,
        label,
        where: address.host,
        baseUrl,
        api,
        model,
        hasKey: false,
      };
    } catch {
      ticket.fail("nobody answered there");
      return null;
    }
  };
  return async () => {
    const found = await Promise.all([probe("ollama"), probe("lmstudio")]);
    return found.filter((one) => one !== null);
  };
}

import type { LedgerWriter, SmartClawError } from "@smartclaw/contracts";
import type { ErrandFaults } from "./errand-faults.ts";

export interface RequestDeps {
  readonly fetch: typeof globalThis.fetch;
  readonly ledger: LedgerWriter;
  readonly processName: string;
}

export interface RecordedRequest<Answer> {
  readonly address: URL;
  /** For the ledger, for people. */
  readonly reason: string;
  readonly faults: ErrandFaults;
  /** The types of content that are wanted, as in RFC 9110, section 12.5.1. */
  readonly accept: string;
  /** How long the answer may take from first to last byte, in milliseconds: one that trickles is none. */
  readonly deadlineMs: number;
  /** Makes the answer of what came. `body` is counted in the ledger while it is read. */
  readonly read: (response: Response, body: AsyncIterable<Uint8Array>) => Promise<Answer>;
}

/**
 * Asks once, with a row in the ledger. No redirect is followed, so the host in the ledger is the one that answered.
 * @throws SmartClawError NETWORK_UNREACHABLE without an answer, CANCELLED when `signal` aborts; whatever `read` and the
 * ledger throw
 */
export async function request<Answer>(
  deps: RequestDeps,
  { address, reason, faults, accept, deadlineMs, read }: RecordedRequest<Answer>,
  signal: AbortSignal,
): Promise<Answer> {
  const host = address.hostname;
  if (signal.aborted) throw faults.stopped();
  const ticket = deps.ledger.begin({
    door: "smartclaw",
    process: deps.processName,
    host,
    port: Number(address.port) || (address.protocol === "https:" ? 443 : 80),
    reason,
  });
  const deadline = AbortSignal.timeout(deadlineMs);
  try {
    const response = await deps.fetch(address, {
      // Compressed, the bytes that are counted would not be those that came.
      headers: { accept, "accept-encoding": "identity", "user-agent": "smartclaw" },
      redirect: "error",
      signal: AbortSignal.any([signal, deadline]),
    });
    const answer = await read(
      response,
      counted(response, (received) => ticket.count({ received })),
    );
    ticket.end();
    return answer;
  } catch (error) {
    const fault = signal.aborted
      ? faults.stopped()
      : deadline.aborted
        ? faults.unreachable(
            `${host} did not answer in full within ${Math.round(deadlineMs / 1000)} seconds`,
            error,
          )
        : faults.network(error, host);
    ticket.fail(fault.message);
    throw fault;
  }
}

async function* counted(response: Response, count: (received: number) => void): AsyncIterable<Uint8Array> {
  for await (const chunk of response.body ?? []) {
    count(chunk.byteLength);
    yield chunk;
  }
}

/** `body` as long as it is no longer than `mostBytes`. @throws `tooLong` */
export async function* upTo(
  body: AsyncIterable<Uint8Array>,
  mostBytes: number,
  tooLong: () => SmartClawError,
): AsyncIterable<Uint8Array> {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > mostBytes) throw tooLong();
    yield chunk;
  }
}

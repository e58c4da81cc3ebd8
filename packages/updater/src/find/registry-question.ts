import type { LedgerWriter } from "@smartclaw/contracts";
import type { z } from "zod";
import { networkFault, stopped, unbelievable, unreachable } from "./registry-faults.ts";

/** How long an answer may take from first to last byte, in milliseconds: one that trickles is none. */
const deadlineMs = 20_000;

export interface RegistryDeps {
  /** Its address, with or without a path; npm's `registry` setting. */
  readonly registry: string;
  readonly fetch: typeof globalThis.fetch;
  readonly ledger: LedgerWriter;
  readonly processName: string;
}

/** One document of the registry. */
export interface Question<Answer> {
  /** Below the registry's address. */
  readonly path: string;
  readonly schema: z.ZodType<Answer>;
  readonly mostBytes: number;
}

/**
 * Asks once and checks the answer. No redirect is followed, so the host in the ledger is the one that answered.
 * `bytes` are those of the body.
 * @throws SmartClawError NETWORK_UNREACHABLE without an answer, UPDATE_REFUSED for one that cannot be right, CANCELLED
 * when `signal` aborts; whatever the ledger throws
 */
export async function ask<Answer>(
  deps: RegistryDeps,
  { path, schema, mostBytes }: Question<Answer>,
  signal: AbortSignal,
): Promise<{ answer: Answer; bytes: number }> {
  const address = addressOf(deps.registry, path);
  const host = address.hostname;
  if (signal.aborted) throw stopped();
  const ticket = deps.ledger.begin({
    door: "smartclaw",
    process: deps.processName,
    host,
    port: Number(address.port) || (address.protocol === "https:" ? 443 : 80),
    reason: "looking for a newer OpenClaw",
  });
  const deadline = AbortSignal.timeout(deadlineMs);
  try {
    const response = await deps.fetch(address, {
      // Compressed, the bytes that are counted would not be those that came.
      headers: { accept: "application/json", "accept-encoding": "identity", "user-agent": "smartclaw" },
      redirect: "error",
      signal: AbortSignal.any([signal, deadline]),
    });
    await refuseOtherThanJson(response, host);
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of response.body ?? []) {
      bytes += chunk.byteLength;
      ticket.count({ received: chunk.byteLength });
      if (bytes > mostBytes) throw unreachable(`${host} sent more than such an answer can be long`);
      chunks.push(chunk);
    }
    const answer = parse(Buffer.concat(chunks), schema, host);
    ticket.end();
    return { answer, bytes };
  } catch (error) {
    const fault = signal.aborted
      ? stopped()
      : deadline.aborted
        ? unreachable(`${host} did not answer in full within ${deadlineMs / 1000} seconds`, error)
        : networkFault(error, host);
    ticket.fail(fault.message);
    throw fault;
  }
}

/** Keeps a path that the registry has, and leaves out what could be a secret: a name, a password, a query. */
function addressOf(registry: string, path: string): URL {
  const base = URL.parse(registry);
  if (base === null || !/^https?:$/.test(base.protocol))
    throw unreachable("npm's setting `registry` is not an address of the web");
  return new URL(`${base.pathname.replace(/\/*$/, "/")}${path}`, base.origin);
}

async function refuseOtherThanJson(response: Response, host: string): Promise<void> {
  const type = response.headers.get("content-type") ?? "";
  const isJson = /^application\/([\w.-]+\+)?json\s*(;|$)/i.test(type);
  if (response.status === 200 && isJson) return;
  await response.body?.cancel();
  if (response.status !== 200) throw unreachable(`${host} answered with the error ${response.status}`);
  throw unreachable(`something else answered for ${host}, as a network does that wants you to sign in first`);
}

function parse<Answer>(body: Uint8Array, schema: z.ZodType<Answer>, host: string): Answer {
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (error) {
    throw unreachable(`what ${host} sent cannot be read`, error);
  }
  const parsed = schema.safeParse(document);
  if (parsed.success) return parsed.data;
  // Only the outermost name: those further in may be the other side's words.
  const where = String(parsed.error.issues[0]?.path[0] ?? "form");
  throw unbelievable(`what ${host} says of it cannot be right (${where})`, parsed.error);
}

import type { z } from "zod";
import { createFaults, lookFor } from "./errand-faults.ts";
import { request, type RequestDeps, upTo } from "./recorded-request.ts";

const deadlineMs = 20_000;
const errand = lookFor("OpenClaw");
const faults = createFaults(errand);

export interface RegistryDeps extends RequestDeps {
  /** Its address, with or without a path; npm's `registry` setting. */
  readonly registry: string;
}

/** One document of the registry. */
export interface Question<Answer> {
  /** Below the registry's address. */
  readonly path: string;
  readonly schema: z.ZodType<Answer>;
  readonly mostBytes: number;
}

/**
 * Asks once and checks the answer. `bytes` are those of the body.
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
  const tooLong = () => faults.unreachable(`${host} sent more than such an answer can be long`);
  const read = async (
    response: Response,
    body: AsyncIterable<Uint8Array>,
  ): Promise<{ answer: Answer; bytes: number }> => {
    await refuseOtherThanJson(response, host);
    const text = Buffer.concat(await Array.fromAsync(upTo(body, mostBytes, tooLong)));
    return { answer: parse(text, schema, host), bytes: text.length };
  };
  return request(
    deps,
    { address, reason: errand.reason, faults, accept: "application/json", deadlineMs, read },
    signal,
  );
}

/** Keeps a path that the registry has, and leaves out what could be a secret: a name, a password, a query. */
function addressOf(registry: string, path: string): URL {
  const base = URL.parse(registry);
  if (base === null || !/^https?:$/.test(base.protocol))
    throw faults.unreachable("npm's setting `registry` is not an address of the web");
  return new URL(`${base.pathname.replace(/\/*$/, "/")}${path}`, base.origin);
}

async function refuseOtherThanJson(response: Response, host: string): Promise<void> {
  const type = response.headers.get("content-type") ?? "";
  const isJson = /^application\/([\w.-]+\+)?json\s*(;|$)/i.test(type);
  if (response.status === 200 && isJson) return;
  await response.body?.cancel();
  throw response.status === 200 ? faults.someoneElse(host) : faults.answeredWith(response.status, host);
}

function parse<Answer>(body: Uint8Array, schema: z.ZodType<Answer>, host: string): Answer {
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (error) {
    throw faults.unreachable(`what ${host} sent cannot be read`, error);
  }
  const parsed = schema.safeParse(document);
  if (parsed.success) return parsed.data;
  // Only the outermost name: those further in may be the other side's words.
  const where = String(parsed.error.issues[0]?.path[0] ?? "form");
  throw faults.unbelievable(`what ${host} says of it cannot be right (${where})`, parsed.error);
}

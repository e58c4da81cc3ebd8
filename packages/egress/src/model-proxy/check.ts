import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import {
  type Clock,
  type ConnectionCheck,
  type ErrorReport,
  type ModelApi,
  type Secret,
  SmartClawError,
} from "@smartclaw/contracts";
import { z } from "zod";
import {
  detailOf,
  faultOfConnection,
  faultOfReport,
  faultOfStatus,
  garbage,
  type ProviderFault,
} from "./faults.ts";
import { authorization } from "./headers.ts";
import { type ModelRoute, upstreamUrl } from "./routes.ts";
import { follow, type UpstreamCall, type UpstreamRequest } from "./upstream.ts";

const checkTimeoutMs = 20_000;
const listTimeoutMs = 5_000;
const maxAnswerBytes = 4 * 1024 * 1024;
/** Enough for a reasoning model to say something after it has thought. */
const outputTokens = 256;

/** A connection that may not be kept yet, with its key. */
export interface Candidate extends ModelRoute {
  readonly key: Secret | null;
}

/** Opens the connections that SmartClaw itself asks for. */
export interface OwnRequests {
  /** @throws SmartClawError when the ledger cannot be written */
  open(call: Omit<UpstreamRequest, "process">): UpstreamCall;
}

interface Exchange {
  readonly operation: string;
  readonly body: unknown;
  /** Whether this is an answer of a model; anything else is garbage. */
  readonly answer: z.ZodType;
}

function exchangeOf(api: ModelApi, model: string): Exchange {
  const prompt = "Reply with the word: ready";
  const messages = [{ role: "user", content: prompt }];
  switch (api) {
    case "openai-completions":
      return {
        operation: "/chat/completions",
        body: { model, messages },
        answer: z.object({ choices: z.array(z.object({ message: z.object({ role: z.string() }) })).min(1) }),
      };
    case "openai-responses":
      return {
        operation: "/responses",
        body: { model, input: prompt, max_output_tokens: outputTokens, store: false },
        answer: z.object({ output: z.array(z.object({ type: z.string() })).min(1) }),
      };
    case "anthropic-messages":
      return {
        operation: "/v1/messages",
        body: { model, messages, max_tokens: outputTokens },
        answer: z.object({
          type: z.literal("message"),
          content: z.array(z.object({ type: z.string() })).min(1),
        }),
      };
    case "google-generative-ai":
      return {
        operation: `/models/${encodeURIComponent(model)}:generateContent`,
        body: {
          contents: [{ role: "user", parts: [{ text: prompt }] }],
          generationConfig: { maxOutputTokens: outputTokens },
        },
        answer: z.object({ candidates: z.array(z.object({ content: z.object({}).loose() })).min(1) }),
      };
  }
}

/** Asks the model for one short answer, over the same way that every later request takes. */
export async function checkCompletion(
  upstream: OwnRequests,
  candidate: Candidate,
  clock: Clock,
): Promise<ConnectionCheck> {
  const started = clock.now();
  const { operation, body, answer } = exchangeOf(candidate.api, candidate.model);
  const url = upstreamUrl(candidate, operation, "");
  const failed = (fault: ProviderFault): ConnectionCheck => ({
    ok: false,
    at: clock.now(),
    error: fault.report,
  });
  if (url === null) return failed(faultOfStatus(candidate.label, 404, null));
  const result = await exchange(
    upstream,
    candidate,
    url,
    body,
    checkTimeoutMs,
    `checking ${candidate.label}`,
  );
  if (result.kind === "fault") return failed(result.fault);
  if (!answer.safeParse(result.json).success) return failed(garbage(candidate.label));
  return { ok: true, at: clock.now(), model: candidate.model, milliseconds: clock.now() - started };
}

const openAiList = z
  .object({ data: z.array(z.object({ id: z.string() })) })
  .transform(({ data }) => data.map(({ id }) => id));
const googleList = z
  .object({
    models: z.array(
      z.object({ name: z.string(), supportedGenerationMethods: z.array(z.string()).default([]) }),
    ),
  })
  .transform(({ models }) =>
    models
      .filter(({ supportedGenerationMethods: methods }) => methods.includes("generateContent"))
      .map(({ name }) => name.replace(/^models\//, "")),
  );

/** The models that a provider says it has; none when it gives no list, and why when that is a fault. */
export interface ModelList {
  readonly models: readonly string[];
  readonly fault: ErrorReport | null;
}

export async function fetchModels(upstream: OwnRequests, candidate: Candidate): Promise<ModelList> {
  const path = candidate.api === "anthropic-messages" ? "/v1/models?limit=200" : "/models";
  const url = new URL(candidate.baseUrl.replace(/\/+$/, "") + path);
  const result = await exchange(
    upstream,
    candidate,
    url,
    null,
    listTimeoutMs,
    `asking ${candidate.label} for its models`,
  );
  if (result.kind === "fault") return { models: [], fault: result.fault.report };
  const parsed = (candidate.api === "google-generative-ai" ? googleList : openAiList).safeParse(result.json);
  return { models: parsed.success ? parsed.data.slice(0, 500) : [], fault: null };
}

type Result = { kind: "json"; json: unknown } | { kind: "fault"; fault: ProviderFault };

function exchange(
  upstream: OwnRequests,
  candidate: Candidate,
  url: URL,
  body: unknown,
  timeoutMs: number,
  reason: string,
): Promise<Result> {
  const text = body === null ? "" : JSON.stringify(body);
  const headers: OutgoingHttpHeaders = {
    "user-agent": "SmartClaw",
    accept: "application/json",
    "accept-encoding": "identity",
    ...(candidate.api === "anthropic-messages" ? { "anthropic-version": "2023-06-01" } : {}),
    ...(body === null
      ? {}
      : { "content-type": "application/json", "content-length": Buffer.byteLength(text) }),
    ...authorization(candidate.api, candidate.key),
  };
  return new Promise((resolve) => {
    let call: UpstreamCall;
    try {
      call = upstream.open({ url, method: body === null ? "GET" : "POST", headers, reason });
    } catch (error) {
      if (!(error instanceof SmartClawError)) throw error;
      return resolve({ kind: "fault", fault: faultOfReport(507, error.report()) });
    }
    const { request, ticket } = call;
    const finish = (result: Result): void => {
      clearTimeout(timer);
      if (result.kind === "fault") ticket.fail(result.fault.report.message);
      resolve(result);
    };
    const fail = (error: unknown): void => {
      finish({ kind: "fault", fault: faultOfConnection(candidate.label, error) });
      request.destroy();
    };
    const timer = setTimeout(() => fail({ code: "SMARTCLAW_TIMEOUT" }), timeoutMs);
    request.on("error", fail);
    request.once("response", (answer) => {
      follow(ticket, answer);
      readAll(answer).then((received) => {
        const status = answer.statusCode ?? 502;
        if (status !== 200) {
          const fault = faultOfStatus(candidate.label, status, detailOf(received, candidate.key));
          return finish({ kind: "fault", fault });
        }
        try {
          return finish({ kind: "json", json: JSON.parse(received) as unknown });
        } catch {
          return finish({ kind: "fault", fault: garbage(candidate.label) });
        }
      }, fail);
    });
    ticket.count({ sent: text.length });
    request.end(text);
  });
}

async function readAll(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxAnswerBytes) throw Object.assign(new Error("too large"), { code: "HPE_TOO_LARGE" });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

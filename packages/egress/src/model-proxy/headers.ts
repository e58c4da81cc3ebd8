import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import type { ModelApi, Secret } from "@smartclaw/contracts";

/**
 * What may pass to a provider. Everything else stays here: credentials, cookies, trace identifiers
 * (`traceparent`), and what tells the machine or the library apart (`x-stainless-*`, `x-goog-api-client`, `user-agent`).
 */
const passedOn = [
  "accept",
  "content-type",
  "content-length",
  "transfer-encoding",
  "anthropic-version",
  "anthropic-beta",
  "openai-beta",
] as const;

const kept = new Set([
  "content-type",
  "content-length",
  "transfer-encoding",
  "retry-after",
  "content-encoding",
]);

export function requestHeaders(
  incoming: IncomingHttpHeaders,
  api: ModelApi,
  key: Secret | null,
): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { "user-agent": "SmartClaw", "accept-encoding": "identity" };
  for (const name of passedOn) {
    const value = incoming[name]?.toString();
    if (value !== undefined) headers[name] = value;
  }
  return { ...headers, ...authorization(api, key) };
}

/** The header that carries the key in each protocol. */
export function authorization(api: ModelApi, key: Secret | null): OutgoingHttpHeaders {
  if (key === null) return {};
  switch (api) {
    case "openai-completions":
    case "openai-responses":
      return { authorization: `Bearer ${key.revealText()}` };
    case "anthropic-messages":
      return { "x-api-key": key.revealText() };
    case "google-generative-ai":
      return { "x-goog-api-key": key.revealText() };
  }
}

/** What of a provider's answer OpenClaw gets. */
export function responseHeaders(incoming: IncomingHttpHeaders): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { "cache-control": "no-store" };
  for (const [name, value] of Object.entries(incoming))
    if (kept.has(name) && value !== undefined) headers[name] = value;
  return headers;
}

/** The token that OpenClaw presents, in whichever place its client library puts it. */
export function presentedToken(headers: IncomingHttpHeaders): string | null {
  const bearer = /^Bearer (.+)$/i.exec(headers.authorization ?? "")?.[1];
  const found = bearer ?? headers["x-api-key"] ?? headers["x-goog-api-key"];
  return typeof found === "string" ? found : null;
}

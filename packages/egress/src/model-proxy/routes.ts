import type { Connection, ModelApi } from "@smartclaw/contracts";

/** What the proxy must know of a connection. */
export type ModelRoute = Pick<Connection, "id" | "label" | "api" | "baseUrl" | "model">;

/** The one thing that each protocol may ask a provider for, below the connection's base URL. */
const operations: Readonly<Record<ModelApi, RegExp>> = {
  "openai-completions": /^\/chat\/completions$/,
  "openai-responses": /^\/responses$/,
  "anthropic-messages": /^\/v1\/messages$/,
  "google-generative-ai":
    /^\/models\/[A-Za-z0-9][A-Za-z0-9._-]{0,127}:(streamGenerateContent|generateContent)$/,
};

/** The path below the model proxy that OpenClaw gets as base URL; OpenClaw appends the operation. */
export function doorPath(route: Pick<ModelRoute, "id">): string {
  return `/c/${route.id}`;
}

export type RouteMatch =
  | { readonly ok: true; readonly connection: string; readonly operation: string; readonly query: string }
  | { readonly ok: false };

/** Splits a request target of the proxy. The query survives only as `alt=sse`, which Google needs. */
export function matchTarget(target: string): RouteMatch {
  const [path = "", query = ""] = target.split("?", 2);
  const parts = /^\/c\/([a-z][a-z0-9-]{0,39})(\/.*)$/.exec(path);
  if (parts?.[1] === undefined || parts[2] === undefined) return { ok: false };
  const streams = new URLSearchParams(query).get("alt") === "sse";
  return { ok: true, connection: parts[1], operation: parts[2], query: streams ? "?alt=sse" : "" };
}

/** Where the request goes, or null when this protocol has no such operation. */
export function upstreamUrl(route: ModelRoute, operation: string, query: string): URL | null {
  if (!operations[route.api].test(operation)) return null;
  return new URL(route.baseUrl.replace(/\/+$/, "") + operation + query);
}

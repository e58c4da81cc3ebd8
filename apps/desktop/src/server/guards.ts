import type { IncomingMessage } from "node:http";

/** What the guards look at. */
export interface RequestFacts {
  readonly method: string;
  readonly host: string | null;
  readonly origin: string | null;
  readonly fetchSite: string | null;
}

/** Of a request that is named twice, Node keeps the first `Host`; the guards see both, as one name that is not ours. */
export function requestFacts({ method = "", headers, headersDistinct }: IncomingMessage): RequestFacts {
  return {
    method,
    host: headersDistinct["host"]?.join(", ") ?? null,
    origin: headers.origin ?? null,
    fetchSite: headers["sec-fetch-site"]?.toString() ?? null,
  };
}

export type GuardVerdict =
  | { readonly ok: true }
  | { readonly ok: false; readonly status: 403 | 421; readonly reason: string };

/**
 * Refuses what did not come from our own page in this browser.
 *
 * The Host check stops DNS rebinding: another name that was made to point to 127.0.0.1 keeps its own name in `Host`.
 * The Origin and `Sec-Fetch-Site` checks stop other pages, those of other local ports included. Requests that change
 * state must name their origin; every browser does so on POST.
 */
export function guard(request: RequestFacts, port: number): GuardVerdict {
  const hosts = [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`];
  if (request.host === null || !hosts.includes(request.host.toLowerCase()))
    return { ok: false, status: 421, reason: "This address is not one of SmartClaw's own." };
  const own = `http://${request.host.toLowerCase()}`;
  const reads = request.method === "GET" || request.method === "HEAD";
  if (request.origin !== null && request.origin !== own)
    return { ok: false, status: 403, reason: "Another web page may not use SmartClaw." };
  if (!reads && request.origin === null)
    return {
      ok: false,
      status: 403,
      reason: "A request that changes something must say which page it comes from.",
    };
  const sites = reads ? ["same-origin", "none"] : ["same-origin"];
  const navigates = reads && request.fetchSite === "cross-site";
  if (request.fetchSite !== null && !sites.includes(request.fetchSite) && !navigates)
    return { ok: false, status: 403, reason: "Another web page may not use SmartClaw." };
  return { ok: true };
}

import type { IncomingHttpHeaders } from "node:http";

const hopByHop = new Set([
  "connection",
  "proxy-connection",
  "proxy-authorization",
  "keep-alive",
  "te",
  "trailer",
  "upgrade",
]);

/** Without them the next neighbour would not know where a message ends. */
const framing = new Set(["content-length", "transfer-encoding"]);

/** The headers that are for the other end; the rest is between neighbours (RFC 9110, 7.6.1). */
export function passedOn(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const named = (headers.connection ?? "").split(",").map((name) => name.trim().toLowerCase());
  const isBetween = (name: string): boolean =>
    hopByHop.has(name) || (named.includes(name) && !framing.has(name));
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !isBetween(name)));
}

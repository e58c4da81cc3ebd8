import { bareName, isHostName } from "../http-proxy/host-name.ts";

/** Why a destination may or may not be reached. */
export type HostDecision =
  | { readonly allowed: true; readonly host: string; readonly port: number; readonly pattern: string }
  | { readonly allowed: false; readonly host: string; readonly port: number; readonly reason: string };

/**
 * Decides on one destination. A pattern is `host`, or `*.host` for every name below it (not `host` itself), each with
 * an optional `:port`; without one the ports 80 and 443 are meant. Names compare without case and without a final dot.
 * What is not a plain DNS name (an IP address, a name with other signs) is never allowed: the user lists names.
 */
export function decideHost(patterns: readonly string[], rawHost: string, port: number): HostDecision {
  const host = bareName(rawHost);
  const refuse = (reason: string): HostDecision => ({ allowed: false, host, port, reason });
  if (!isHostName(host)) return refuse("not a host name");
  for (const pattern of patterns) {
    const [name = "", wanted] = pattern.toLowerCase().split(":", 2);
    const portFits = wanted === undefined ? port === 80 || port === 443 : Number(wanted) === port;
    const nameFits = name.startsWith("*.")
      ? host.endsWith(name.slice(1)) && host.length > name.length - 1
      : host === name;
    if (portFits && nameFits) return { allowed: true, host, port, pattern };
  }
  return refuse("not on your list");
}

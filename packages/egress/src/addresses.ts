import ipaddr from "ipaddr.js";

export type AddressKind = "loopback" | "private" | "public";

/** Public by its number; in Azure the machine's own host answers there, with its secrets. */
const hostOfMachine = "168.63.129.16";

/**
 * What an IP address leads to. Everything that is not plainly public (private, link-local, metadata, multicast,
 * carrier-grade NAT, documentation …) counts as private; IPv4 inside IPv6 is judged as IPv4. Null when it is no address.
 */
export function addressKind(text: string): AddressKind | null {
  const bare = text.replace(/^\[|\]$/g, "");
  if (!ipaddr.isValid(bare)) return null;
  const address = ipaddr.process(bare);
  const range = address.range();
  if (range === "loopback") return "loopback";
  return range === "unicast" && address.toString() !== hostOfMachine ? "public" : "private";
}

/** `localhost` and names below it never leave the computer (RFC 6761), and loopback addresses do not either. */
export function isLoopbackHost(host: string): boolean {
  return /^(.+\.)?localhost$/i.test(host) || addressKind(host) === "loopback";
}

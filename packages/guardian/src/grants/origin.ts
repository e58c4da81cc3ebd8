/** Where a page is from: what a grant of browsing names. An `http:` or `https:` origin of a name that anybody may look up. */

/** Names that lead into this computer, its own network, or nowhere that is public (RFC 6761, 6762, 7686, 8375). */
const privateEnds: ReadonlySet<string> = new Set(
  "localhost localdomain local internal intranet lan home corp private arpa onion invalid alt".split(" "),
);
const label = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const publicName = new RegExp(String.raw`^(?:${label}\.)+${label}$`);

/** @param host as `URL` writes it @returns why it is no host of a page, for people; null when it is one */
export function objectionToHost(host: string): string | null {
  if (/^\[|^[0-9.]+$/.test(host)) return "the host is an address in numbers and not a name";
  if (host.endsWith(".")) return "the host ends with a dot";
  const end = host.slice(host.lastIndexOf(".") + 1);
  if (privateEnds.has(end)) return "the host is this computer, or in its own network";
  if (host.length > 253 || !publicName.test(host)) return "the host is no name that anybody can look up";
  return null;
}

/** Why a text is not the origin of public pages, as `URL` writes it; null when it is. */
export function objectionToOrigin(text: string): string | null {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.origin !== text)
    return "an origin must be written like https://example.org, in small letters, without a path";
  return url.port === "" ? objectionToHost(url.hostname) : "only the usual ports of the web can be granted";
}

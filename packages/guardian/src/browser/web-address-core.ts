/** Where the assistant's browser may be sent: to this address, written as it was understood; or not, and why. */
type WebAddress =
  | { readonly type: "may"; readonly address: string }
  | { readonly type: "may-not"; readonly why: string };

/**
 * @param objection why a server may not be reached; a name is in small letters, without a final dot
 */
export function objectionToAddress(
  address: unknown,
  objection: (host: string, port: number) => string | null,
): WebAddress {
  if (address === "" || address === "about:blank") return { type: "may", address: "about:blank" };
  if (typeof address !== "string" || !URL.canParse(address)) return mayNot("that is no address");
  const url = new URL(address);
  if (url.protocol !== "http:" && url.protocol !== "https:")
    return mayNot("only pages of the web (http, https) are opened");
  if (url.username !== "" || url.password !== "") return mayNot("an address may not hold a password");
  const { host, port } = serverOf(url);
  const why = objection(host, port);
  return why === null ? { type: "may", address: url.href } : mayNot(`${host}: ${why}`);
}

/** The server behind an address of the web. */
function serverOf(url: URL): { host: string; port: number } {
  const host = url.hostname
    .toLowerCase()
    .replace(/\.$/, "")
    .replaceAll(/^\[|\]$/g, "");
  const usual = url.protocol === "https:" ? 443 : 80;
  return { host, port: url.port === "" ? usual : Number(url.port) };
}

function mayNot(why: string): WebAddress {
  return { type: "may-not", why };
}

import { domainToUnicode } from "node:url";
import { objectionToHost } from "../grants/origin.ts";
import { deceptionsIn } from "../text/deceptions.ts";

/** An address that the assistant's browser may be sent to, if that is granted. */
export interface PageAddress {
  /** As `URL` writes it: what cannot be seen is in percent signs, foreign letters of the host in Punycode. */
  readonly href: string;
  readonly origin: string;
}

/** Longer, nobody reads. In UTF-16 code units. */
const longest = 4096;

/** The address, or why it is none that is opened, for people. What the text seems to say must be what it says. */
export function readPageAddress(text: string): PageAddress | { readonly objection: string } {
  const no = (objection: string): { objection: string } => ({ objection });
  if (text.length > longest) return no("the address is longer than anybody reads");
  const [deception] = deceptionsIn(text);
  if (deception !== undefined) return no(`the address holds ${deception}`);
  // Blanks and backslashes are passed over or changed by browsers, so that the text reads other than it leads.
  const [, authority] = /^https?:\/\/([^/?#\\\s]+)(?:[/?#][^\s\\]*)?$/.exec(text) ?? [];
  const url = URL.parse(text);
  if (authority === undefined || url === null)
    return no("the address is not a plain one that begins with https:// or http://");
  if (authority.includes("@")) return no("the address holds a user's name or a password");
  const objection = objectionToHost(url.hostname);
  if (objection !== null) return no(objection);
  if (url.port !== "") return no("the address is of a port that is not a usual one of the web");
  const said = authority.replace(/:\d*$/, "").normalize("NFC").toLowerCase();
  if (said !== url.hostname && said !== domainToUnicode(url.hostname))
    return no("the host is written so that it can be taken for another");
  return { href: url.href, origin: url.origin };
}

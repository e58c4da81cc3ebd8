import type { ErrandFaults } from "../find/errand-faults.ts";

/** Where the parts of a repository are, each with a slash at its end. */
export interface ReleaseAddress {
  readonly host: string;
  readonly metadata: string;
  readonly targets: string;
}

/**
 * Keeps a path, and leaves out what could be a secret: a name, a password, a query.
 * @param url the repository's folder
 * @throws SmartClawError NETWORK_UNREACHABLE for what is no address, or one that anybody on the way could read along
 */
export function addressOf(url: string, faults: ErrandFaults): ReleaseAddress {
  const base = URL.parse(url);
  if (base === null || !/^https?:$/.test(base.protocol))
    throw faults.unreachable("the address of its releases is not an address of the web");
  if (base.protocol === "http:" && !isLoopback(base.hostname))
    throw faults.unreachable(
      "the address of its releases begins with http, where anyone on the way can read along; https is needed",
    );
  const folder = `${base.origin}${base.pathname.replace(/\/*$/, "/")}`;
  return { host: base.hostname, metadata: `${folder}metadata/`, targets: `${folder}targets/` };
}

/** A hostname as https://url.spec.whatwg.org writes it. */
function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}

const hostName = /^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** A name as it is compared: in small letters, without a final dot. */
export function bareName(raw: string): string {
  return raw.toLowerCase().replace(/\.$/, "");
}

/** Whether a bare name is a plain DNS name, and no address in any of its spellings. */
export function isHostName(host: string): boolean {
  return host.length <= 253 && hostName.test(host) && !/^[\d.]+$/.test(host) && !/\.\d+$/.test(host);
}

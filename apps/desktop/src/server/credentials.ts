import { parse } from "hono/utils/cookie";

export const cookieName = "smartclaw_session";
const proofHeader = "x-smartclaw-proof";

/** Both halves of a session, as far as a browser sent them. */
export interface Credentials {
  readonly cookie: string | undefined;
  readonly proof: string | undefined;
}

/** @param header the value of a header by its name in lower case */
export function credentialsOf(header: (name: string) => string | undefined): Credentials {
  return { cookie: parse(header("cookie") ?? "", cookieName)[cookieName], proof: header(proofHeader) };
}

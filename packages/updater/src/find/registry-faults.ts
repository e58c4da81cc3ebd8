import { SmartClawError } from "@smartclaw/contracts";

const nothingChanged = "Nothing was changed; it is tried again at the next look.";

/** @param why a clause that ends the sentence, without a full stop */
export function unreachable(why: string, cause?: unknown): SmartClawError {
  return lookFailed("NETWORK_UNREACHABLE", why, cause);
}

/** For an answer that came, and that cannot be believed. @param why a clause that ends the sentence, without a full stop */
export function unbelievable(why: string, cause?: unknown): SmartClawError {
  return lookFailed("UPDATE_REFUSED", why, cause);
}

export function stopped(): SmartClawError {
  return new SmartClawError("CANCELLED", "The look for a newer OpenClaw was stopped.", nothingChanged);
}

/** What kept an answer of `host` away, for people. The fault's own text is not passed on: it can hold addresses. */
export function networkFault(error: unknown, host: string): SmartClawError {
  if (error instanceof SmartClawError) return error;
  // https://fetch.spec.whatwg.org knows one TypeError for everything; what happened is in undici's `cause`.
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : null;
  const code = cause !== null && "code" in cause ? String(cause.code) : "";
  const because = (why: string): SmartClawError => unreachable(why, error);
  if (cause !== null && /redirect/.test(cause.message))
    return because(
      `${host} passed SmartClaw on elsewhere, as a network does that wants you to sign in first`,
    );
  if (/^(ENOTFOUND|EAI_)/.test(code)) return because(`${host} was not found; this computer may be offline`);
  if (/^(CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_|ERR_TLS|ERR_SSL|EPROTO)/.test(code))
    return because(
      `${host} could not prove who it is (${code}); another machine may answer in its place, or this computer's clock may be wrong`,
    );
  return because(`the connection to ${host} failed${code === "" ? "" : ` (${code})`}`);
}

function lookFailed(
  code: "NETWORK_UNREACHABLE" | "UPDATE_REFUSED",
  why: string,
  cause: unknown,
): SmartClawError {
  const message = `SmartClaw could not look for a newer OpenClaw, because ${why}.`;
  return new SmartClawError(code, message, nothingChanged, { cause });
}

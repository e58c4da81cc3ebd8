import { SmartClawError } from "@smartclaw/contracts";

/** What a request is for, in the forms that its sentences need. */
export interface Errand {
  /** For the ledger: "looking for a newer OpenClaw". */
  readonly reason: string;
  /** "look for a newer OpenClaw" */
  readonly attempt: string;
  /** "The look for a newer OpenClaw" */
  readonly name: string;
}

export function lookFor(product: string): Errand {
  return {
    reason: `looking for a newer ${product}`,
    attempt: `look for a newer ${product}`,
    name: `The look for a newer ${product}`,
  };
}

/** @param release "SmartClaw 1.2.3" */
export function fetchOf(release: string): Errand {
  return { reason: `fetching ${release}`, attempt: `fetch ${release}`, name: `The download of ${release}` };
}

/** The faults of an errand, for people. `why` is a clause that ends the sentence, without a full stop. */
export interface ErrandFaults {
  unreachable(why: string, cause?: unknown): SmartClawError;
  /** For an answer that came, and that cannot be believed. */
  unbelievable(why: string, cause?: unknown): SmartClawError;
  /** For what is not on offer. */
  absent(why: string): SmartClawError;
  stopped(): SmartClawError;
  /** @param code of the system, like ENOSPC */
  disk(code: string, cause?: unknown): SmartClawError;
  /** For the page of a network that wants a sign-in, or anything else that is not what was asked for. */
  someoneElse(host: string): SmartClawError;
  answeredWith(status: number, host: string): SmartClawError;
  /** What kept an answer of `host` away. The fault's own text is not passed on: it can hold addresses. */
  network(error: unknown, host: string): SmartClawError;
}

const nothingChanged = "Nothing was changed; it is tried again at the next look.";

export function createFaults({ attempt, name }: Errand): ErrandFaults {
  const failed = (
    code: "NETWORK_UNREACHABLE" | "UPDATE_REFUSED" | "NOT_FOUND",
    why: string,
    cause?: unknown,
  ): SmartClawError =>
    new SmartClawError(code, `SmartClaw could not ${attempt}, because ${why}.`, nothingChanged, { cause });
  const unreachable = (why: string, cause?: unknown): SmartClawError =>
    failed("NETWORK_UNREACHABLE", why, cause);
  return {
    unreachable,
    unbelievable: (why, cause) => failed("UPDATE_REFUSED", why, cause),
    absent: (why) => failed("NOT_FOUND", why),
    stopped: () => new SmartClawError("CANCELLED", `${name} was stopped.`, nothingChanged),
    disk: (code, cause) =>
      ["ENOSPC", "EDQUOT"].includes(code)
        ? new SmartClawError(
            "DISK_FULL",
            `SmartClaw could not ${attempt}, because the disk is full.`,
            "Free some space; it is tried again by itself.",
            { cause },
          )
        : new SmartClawError(
            "INTERNAL",
            `SmartClaw could not ${attempt}, because its own folder cannot be used (${code}).`,
            "See that you may read and write SmartClaw's data folder; it is tried again by itself.",
            { cause },
          ),
    someoneElse: (host) =>
      unreachable(`something else answered for ${host}, as a network does that wants you to sign in first`),
    answeredWith: (status, host) => unreachable(`${host} answered with the error ${status}`),
    network: (error, host) =>
      error instanceof SmartClawError ? error : unreachable(whyNot(error, host), error),
  };
}

function whyNot(error: unknown, host: string): string {
  // https://fetch.spec.whatwg.org knows one TypeError for everything; what happened is in undici's `cause`.
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : null;
  const code = cause !== null && "code" in cause ? String(cause.code) : "";
  if (cause !== null && /redirect/.test(cause.message))
    return `${host} passed SmartClaw on elsewhere, as a network does that wants you to sign in first`;
  if (/^(ENOTFOUND|EAI_)/.test(code)) return `${host} was not found; this computer may be offline`;
  if (/^(CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_|ERR_TLS|ERR_SSL|EPROTO)/.test(code))
    return `${host} could not prove who it is (${code}); another machine may answer in its place, or this computer's clock may be wrong`;
  return `the connection to ${host} failed${code === "" ? "" : ` (${code})`}`;
}

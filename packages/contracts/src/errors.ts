/** Every code a machine may branch on. A code is never reused for another meaning. */
export const errorCodes = [
  "BAD_REQUEST",
  "NOT_FOUND",
  "CONFLICT",
  "UNAUTHENTICATED",
  "FORBIDDEN",
  "TOO_LARGE",
  "INTERNAL",
  "CANCELLED",
  "DAEMON_NOT_RUNNING",
  "DAEMON_ALREADY_RUNNING",
  "PORT_IN_USE",
  "DISK_FULL",
  "STORAGE_CORRUPT",
  "NETWORK_UNREACHABLE",
  "VAULT_LOCKED",
  "VAULT_UNINITIALISED",
  "VAULT_KEY_MISSING",
  "VAULT_WRONG_SECRET",
  "VAULT_TAMPERED",
  "KEYSTORE_UNAVAILABLE",
  "KEYSTORE_LOCKED",
  "KEYSTORE_TIMEOUT",
  "KEY_REJECTED",
  "PROVIDER_RATE_LIMITED",
  "PROVIDER_FAULT",
  "PROVIDER_TIMEOUT",
  "PROVIDER_GARBAGE",
  "PROVIDER_CUT_OFF",
  "MODEL_NOT_FOUND",
  "EGRESS_REFUSED",
  "INSTALL_INTEGRITY",
  "INSTALL_FAILED",
  "RUNTIME_UNSUPPORTED",
  "GATEWAY_NOT_READY",
  "GATEWAY_CONFIG",
  "GATEWAY_EXPOSED",
  "GATEWAY_CRASHED",
  "UPDATE_RUNNING",
  "UPDATE_REFUSED",
  "UPDATE_UNHEALTHY",
  "UPDATE_INTERRUPTED",
  "BACKUP_FAILED",
] as const;
export type ErrorCode = (typeof errorCodes)[number];

/** What is told of a fault; `errorReport` checks one that came from elsewhere. */
export interface ErrorReport {
  code: ErrorCode;
  /** What happened and why, one sentence, no secret in it. */
  message: string;
  /** What the reader can do next, one sentence. */
  next: string;
}

/**
 * A fault that reaches a person: `message` says what happened and why, `next` what to do.
 * Neither may hold a secret; both are shown and logged.
 */
export class SmartClawError extends Error {
  override readonly name = "SmartClawError";
  readonly code: ErrorCode;
  readonly next: string;

  constructor(code: ErrorCode, message: string, next: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.next = next;
  }

  /** The fault that a report tells of, to be thrown again. */
  static from({ code, message, next }: ErrorReport): SmartClawError {
    return new SmartClawError(code, message, next);
  }

  report(): ErrorReport {
    return { code: this.code, message: this.message, next: this.next };
  }
}

/** The report of any thrown value; what is not a SmartClawError becomes INTERNAL without its text, which could hold anything. */
export function reportOf(error: unknown): ErrorReport {
  if (error instanceof SmartClawError) return error.report();
  return {
    code: "INTERNAL",
    message: "Something failed inside SmartClaw that it did not expect.",
    next: "Try again; if it stays, run `smartclaw doctor` and look at `smartclaw logs`.",
  };
}

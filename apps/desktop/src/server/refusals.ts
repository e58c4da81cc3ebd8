import type { ServerResponse } from "node:http";
import { type ErrorReport, reportOf } from "@smartclaw/contracts";

/** Why a request was not done, and the HTTP status that says so. */
export interface Refusal {
  readonly status: 400 | 401 | 403 | 404 | 405 | 413 | 421 | 500;
  readonly report: ErrorReport;
}

export const signedOut: Refusal = {
  status: 401,
  report: {
    code: "UNAUTHENTICATED",
    message: "This browser is not signed in to SmartClaw.",
    next: "Run `smartclaw open` on this computer, which signs it in.",
  },
};

export const usedLink: Refusal = {
  status: 401,
  report: {
    code: "UNAUTHENTICATED",
    message: "This login link was used already or is too old.",
    next: "Run `smartclaw open` for a new one.",
  },
};

export const unknownRoute: Refusal = {
  status: 404,
  report: {
    code: "NOT_FOUND",
    message: "There is nothing at this address.",
    next: "Reload the page.",
  },
};

export const wrongMethod: Refusal = {
  status: 405,
  report: {
    code: "BAD_REQUEST",
    message: "This address does not answer to that kind of request.",
    next: "Reload the page.",
  },
};

export const tooLarge: Refusal = {
  status: 413,
  report: {
    code: "TOO_LARGE",
    message: "The request is larger than SmartClaw accepts (1 MB).",
    next: "Send less at once.",
  },
};

export const notJson: Refusal = {
  status: 400,
  report: {
    code: "BAD_REQUEST",
    message: "The request could not be read.",
    next: "Reload the page, or update the command line.",
  },
};

/** What the guards refused. */
export function foreign(verdict: { readonly status: 403 | 421; readonly reason: string }): Refusal {
  const next = "Open SmartClaw with `smartclaw open`.";
  return { status: verdict.status, report: { code: "FORBIDDEN", message: verdict.reason, next } };
}

/** What nobody expected. */
export function fault(error: unknown): Refusal {
  return { status: 500, report: reportOf(error) };
}

/** Answers with a refusal. An answer that has begun already can only be cut off. */
export function refuse(response: ServerResponse, { status, report }: Refusal): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const json = JSON.stringify(report);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(json),
  });
  response.end(json);
}

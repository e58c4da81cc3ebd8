import { type ErrorCode, type ErrorReport, type ModelApi, type Secret } from "@smartclaw/contracts";

/** A fault as the proxy answers it. */
export interface ProviderFault {
  readonly status: number;
  /** For people. */
  readonly report: ErrorReport;
  /**
   * For OpenClaw: the same without the provider's own words. OpenClaw looks for words such as “quota” or “401” in a
   * fault's text and then repeats the request, or refuses the connection, for a minute or two.
   */
  readonly told: string;
}

function fault(status: number, code: ErrorCode, message: string, next: string, told?: string): ProviderFault {
  return { status, report: { code, message, next }, told: told ?? `${message} ${next}` };
}

/** A fault of one of SmartClaw's own rooms, such as a locked vault. */
export function faultOfReport(status: number, report: ErrorReport): ProviderFault {
  return { status, report, told: `${report.message} ${report.next}` };
}

const onKeys = "Check it on the Keys page.";

/** What each status means: the code, what happened, what to do. */
function meaningOf(label: string, status: number): readonly [ErrorCode, string, string] {
  if (status === 401 || status === 403)
    return ["KEY_REJECTED", `${label} refused the key.`, "Paste a valid key on the Keys page."];
  if (status === 404)
    return [
      "MODEL_NOT_FOUND",
      `${label} does not know this model or address.`,
      "Choose another model on the Keys page.",
    ];
  if (status === 402)
    return [
      "PROVIDER_RATE_LIMITED",
      `${label} wants to be paid first.`,
      "Look at your account at the provider.",
    ];
  if (status === 429)
    return [
      "PROVIDER_RATE_LIMITED",
      `${label} takes no more for now.`,
      "Wait a little, or look at your account there.",
    ];
  if (status >= 500) return ["PROVIDER_FAULT", `${label} has a fault of its own.`, "Try again in a minute."];
  return [
    "PROVIDER_FAULT",
    `${label} did not accept the request.`,
    "Try another model, or a shorter message.",
  ];
}

/** An answer of the provider with another status than 200. `detail` is its own message, already cleaned. */
export function faultOfStatus(label: string, status: number, detail: string | null): ProviderFault {
  if (status < 400) {
    const message = `${label} sent the request elsewhere, which SmartClaw does not follow.`;
    return fault(502, "PROVIDER_GARBAGE", message, onKeys);
  }
  const [code, message, next] = meaningOf(label, status);
  const said = detail === null ? `It answered with status ${status}.` : `It said: “${detail}”`;
  return fault(status, code, `${message} ${said}`, next, `${message} ${next}`);
}

/** An error of the connection itself. */
export function faultOfConnection(label: string, error: unknown): ProviderFault {
  const { code = "" } = error as { code?: string };
  if (code === "SMARTCLAW_ADDRESS")
    return fault(
      403,
      "EGRESS_REFUSED",
      `${label} leads to an address inside a private network, so nothing was sent.`,
      onKeys,
    );
  if (code === "SMARTCLAW_PLAIN")
    return fault(
      403,
      "EGRESS_REFUSED",
      `${label} is reached without encryption, which is safe on this computer only, so nothing was sent.`,
      "Add it again with an https address.",
    );
  if (code === "SMARTCLAW_TIMEOUT" || code === "ETIMEDOUT")
    return fault(
      504,
      "PROVIDER_TIMEOUT",
      `${label} did not answer in time.`,
      "Try again, or choose another model.",
    );
  if (code === "ENOTFOUND" || code === "EAI_AGAIN")
    return fault(
      502,
      "NETWORK_UNREACHABLE",
      `The address of ${label} could not be found.`,
      "Check the internet connection and the address on the Keys page.",
    );
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS|ALTNAME|^EPROTO$/.test(code))
    return fault(
      502,
      "NETWORK_UNREACHABLE",
      `${label} could not prove who it is (${code}), so nothing was sent.`,
      "Check the address; if it is right, someone may be listening on this network.",
    );
  if (code.startsWith("HPE_")) return garbage(label);
  if (code === "ECONNRESET" || code === "EPIPE") return cutOff(label);
  return fault(
    502,
    "NETWORK_UNREACHABLE",
    `${label} cannot be reached${code === "" ? "" : ` (${code})`}.`,
    "Check that it runs and that this computer is online.",
  );
}

export function garbage(label: string): ProviderFault {
  return fault(
    502,
    "PROVIDER_GARBAGE",
    `${label} answered with something that is not an answer.`,
    "Check the address on the Keys page.",
  );
}

export function cutOff(label: string): ProviderFault {
  return fault(502, "PROVIDER_CUT_OFF", `${label} broke off in the middle of the answer.`, "Ask again.");
}

export const tooLarge = fault(
  413,
  "TOO_LARGE",
  "This conversation is larger than 64 MB and cannot be sent.",
  "Begin a new conversation.",
);
export const keyForgotten = fault(
  401,
  "KEY_REJECTED",
  "The key of this connection was deleted.",
  "Add a key on the Keys page.",
);
export const keyReplaced = fault(
  401,
  "KEY_REJECTED",
  "The answer was cut off, because the key of this connection was replaced while it came.",
  "Send the message again; it uses the new key.",
);

/** Errors in the shape of each protocol, so that OpenClaw shows the sentence. */
export function errorBody(api: ModelApi, { told: message }: ProviderFault): unknown {
  switch (api) {
    case "openai-completions":
    case "openai-responses":
      return { error: { message, type: "invalid_request_error", code: "smartclaw", param: null } };
    case "anthropic-messages":
      return { type: "error", error: { type: "invalid_request_error", message } };
    case "google-generative-ai":
      return { error: { code: 400, message, status: "INVALID_ARGUMENT" } };
  }
}

/** The same as the last event of a stream that had begun. */
export function errorEvent(api: ModelApi, fault: ProviderFault): string {
  if (api === "anthropic-messages")
    return `\n\nevent: error\ndata: ${JSON.stringify(errorBody(api, fault))}\n\n`;
  if (api === "openai-responses") {
    const event = { type: "error", code: "smartclaw", message: fault.told, param: null };
    return `\n\nevent: error\ndata: ${JSON.stringify(event)}\n\n`;
  }
  // Google's own client takes no error from a stream but one that stands by itself.
  const prefix = api === "google-generative-ai" ? "" : "data: ";
  return `\n\n${prefix}${JSON.stringify(errorBody(api, fault))}\n\n`;
}

const longestDetail = 300;

/** The provider's message, if it gave one, without the key (providers repeat parts of a wrong one) or anything like it. */
export function detailOf(body: string, key: Secret | null): string | null {
  let message: unknown;
  try {
    const parsed = JSON.parse(body) as { error?: { message?: unknown } | string; message?: unknown };
    message = typeof parsed.error === "object" ? parsed.error.message : (parsed.error ?? parsed.message);
  } catch {
    return null;
  }
  if (typeof message !== "string" || message === "") return null;
  const withoutKey =
    key === null || key.byteLength === 0 ? message : message.replaceAll(key.revealText(), "[key]");
  const clean = withoutKey
    .replace(/\S*\*{3,}\S*/g, "[key]")
    .replace(/[A-Za-z0-9_-]{24,}/g, "[key]")
    .replace(/\s+/g, " ")
    .trim();
  return clean.length > longestDetail ? `${clean.slice(0, longestDetail)}…` : clean;
}

import type { ErrorCode, ErrorReport } from "@smartclaw/contracts";
import { z } from "zod";

/** What the gateway says of a failed run. */
export const runFailure = z.object({
  errorMessage: z.string().optional(),
  errorKind: z.string().optional(),
  errorDetail: z
    .object({
      provider: z.string().optional(),
      model: z.string().optional(),
      failoverReason: z.string().optional(),
      httpStatus: z.number().optional(),
      providerErrorMessagePreview: z.string().optional(),
    })
    .optional(),
});
export type RunFailure = z.infer<typeof runFailure>;

const keysPage = "Check the key on the Keys page.";
const again = "Send the message again in a moment.";

/** Code, reason and next step for each cause that OpenClaw tells apart. */
const causes: Readonly<Record<string, readonly [ErrorCode, string, string]>> = {
  auth: ["KEY_REJECTED", "the provider rejected the key", keysPage],
  auth_permanent: ["KEY_REJECTED", "the provider rejected the key", keysPage],
  session_expired: ["KEY_REJECTED", "the provider ended the session", keysPage],
  billing: ["KEY_REJECTED", "the provider asks for payment", "Look at your account at the provider."],
  rate_limit: ["PROVIDER_RATE_LIMITED", "the provider limits how much may be asked", again],
  overloaded: ["PROVIDER_FAULT", "the provider is overloaded", again],
  server_error: ["PROVIDER_FAULT", "the provider had a fault", again],
  timeout: ["PROVIDER_TIMEOUT", "the provider did not answer in time", again],
  tls_certificate: [
    "NETWORK_UNREACHABLE",
    "the provider's certificate was not accepted",
    "Check this computer's clock and network.",
  ],
  format: ["PROVIDER_GARBAGE", "the provider refused the form of the request", "Try another model."],
  empty_response: ["PROVIDER_GARBAGE", "the provider sent an empty answer", again],
  model_not_found: [
    "MODEL_NOT_FOUND",
    "the provider does not know the model",
    "Choose another model on the Keys page.",
  ],
  context_overflow: ["TOO_LARGE", "the conversation is too long for the model", "Start a new conversation."],
  context_length: ["TOO_LARGE", "the conversation is too long for the model", "Start a new conversation."],
  refusal: ["PROVIDER_FAULT", "the provider refused to answer this", "Word the message differently."],
};

/** One sentence on why a run failed, and what to do. */
export function runFailureReport(failure: RunFailure): ErrorReport {
  const { errorDetail: detail, errorKind, errorMessage } = failure;
  const model = detail?.model === undefined ? "" : ` from ${detail.model}`;
  const cause = causes[detail?.failoverReason ?? ""] ?? causes[errorKind ?? ""];
  if (cause !== undefined) {
    const [code, reason, next] = cause;
    const said = detail?.providerErrorMessagePreview;
    const quoted = said === undefined ? "" : ` It said: ${oneLine(said)}`;
    return { code, message: `There is no answer${model}: ${reason}.${quoted}`, next };
  }
  const said = errorMessage === undefined ? "no reason was given" : oneLine(errorMessage);
  return { code: "PROVIDER_FAULT", message: `There is no answer${model}: ${said}`, next: again };
}

/** Without OpenClaw's warning sign and its hint at its own command line. */
function oneLine(text: string): string {
  const [first = ""] = text
    .replace(/^⚠️\s*/u, "")
    .replace(/^Agent failed before reply:\s*/, "")
    .split("\n");
  return first.trim().slice(0, 300);
}

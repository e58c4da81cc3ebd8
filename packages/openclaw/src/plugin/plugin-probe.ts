import { z } from "zod";
import type { Gateway } from "../gateway/gateway-client.ts";

const outcome = z.looseObject({
  ok: z.boolean(),
  error: z.looseObject({ code: z.string(), message: z.string() }).optional(),
});

/**
 * Whether a call that Guardian refuses is refused: SmartClaw's plugin asked, and OpenClaw obeyed.
 * @param word by which Guardian knows the call; of its answer alone OpenClaw can have the other one
 */
export async function isProbeRefused(
  gateway: Pick<Gateway, "request">,
  { word, answer }: { readonly word: string; readonly answer: string },
): Promise<boolean> {
  // Of the tools that need no conversation, the one that does nothing.
  const call = { name: "session_status", args: { sessionKey: word } };
  const { ok, error } = await gateway.request("tools.invoke", call, outcome);
  return !ok && error?.code === "forbidden" && error.message.includes(answer);
}

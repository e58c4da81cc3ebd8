import type { Log } from "@smartclaw/contracts";
import { z } from "zod";
import { trialConversation } from "../chat/sessions.ts";
import type { Gateway } from "../gateway/gateway-client.ts";
import { takeTurn, type TurnDeps } from "./rehearsal-turn.ts";

/**
 * Has the OpenClaw that people talk with answer once, in a conversation beside theirs that is removed again.
 * @param word what the model answers
 * @param model `<provider>/<model>`, which OpenClaw must know
 * @throws SmartClawError UPDATE_UNHEALTHY, CANCELLED; GATEWAY_NOT_READY when it goes away meanwhile
 */
export async function takeTurnAside(
  word: string,
  model: string,
  deps: TurnDeps & { readonly gateway: Gateway; readonly log: Log },
): Promise<void> {
  const { chat, gateway, log } = deps;
  const id = trialConversation;
  await chat.remove({ id });
  await gateway.request("sessions.create", { key: id, model }, z.unknown());
  try {
    await takeTurn(word, id, deps);
  } finally {
    await chat
      .remove({ id })
      .catch((error: unknown) => log.warn({ error: String(error) }, "the conversation of a trial is left"));
  }
}

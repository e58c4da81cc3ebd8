import { type ConversationId, SmartClawError } from "@smartclaw/contracts";
import type { Chat } from "../chat/chat.ts";

export interface TurnDeps {
  readonly chat: Chat;
  readonly version: string;
  /** A new random UUID. */
  readonly newId: () => string;
  /** From the question to the last word of the answer, in milliseconds; the model itself answers at once. */
  readonly turnMs: number;
  readonly signal: AbortSignal;
}

/**
 * Asks in a conversation that has nothing else, and waits for an answer that holds the model's `word`.
 * @throws SmartClawError UPDATE_UNHEALTHY, CANCELLED
 */
export async function takeTurn(word: string, id: ConversationId, deps: TurnDeps): Promise<void> {
  const { chat } = deps;
  const given = AbortSignal.any([deps.signal, AbortSignal.timeout(deps.turnMs)]);
  const events = chat.events({ id }, given);
  let said = "";
  let sent = false;
  for await (const event of events) {
    if (!sent && event.type === "snapshot") {
      sent = true;
      await chat.send({ conversation: id, text: "Say the word.", clientId: deps.newId() });
    }
    if (event.type === "message" && event.message.role === "assistant") said += event.message.text;
    if (event.type === "end") break;
  }
  if (said === "") {
    const { messages } = await chat.history({ id, limit: 10 });
    said = messages
      .filter(({ role }) => role === "assistant")
      .map(({ text }) => text)
      .join("\n");
  }
  if (said.includes(word)) return;
  if (deps.signal.aborted)
    throw new SmartClawError("CANCELLED", "The trial was ended.", "It is tried again by itself.");
  throw new SmartClawError(
    "UPDATE_UNHEALTHY",
    `OpenClaw ${deps.version} started, but did not bring an answer of a model to the chat.`,
    "Nothing; the earlier version is kept.",
  );
}

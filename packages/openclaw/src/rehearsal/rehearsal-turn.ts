import { SmartClawError } from "@smartclaw/contracts";
import { createChat, type ChatDeps } from "../chat/chat.ts";
import { systemTimer } from "../supervisor/timers.ts";

interface TurnDeps extends Omit<ChatDeps, "setTimer"> {
  readonly version: string;
  /** From the question to the last word of the answer, in milliseconds; the model itself answers at once. */
  readonly turnMs: number;
  readonly signal: AbortSignal;
}

/**
 * Asks in a conversation of its own, and waits for an answer that holds the model's `word`.
 * @throws SmartClawError UPDATE_UNHEALTHY, CANCELLED
 */
export async function takeTurn(word: string, deps: TurnDeps): Promise<void> {
  const { newId } = deps;
  const chat = createChat({ ...deps, setTimer: systemTimer });
  const { id } = await chat.create({ title: "Rehearsal" });
  const given = AbortSignal.any([deps.signal, AbortSignal.timeout(deps.turnMs)]);
  const events = chat.events({ id }, given);
  let said = "";
  let sent = false;
  for await (const event of events) {
    if (!sent && event.type === "snapshot") {
      sent = true;
      await chat.send({ conversation: id, text: "Say the word.", clientId: newId() });
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
    throw new SmartClawError("CANCELLED", "The rehearsal was ended.", "It is tried again by itself.");
  throw new SmartClawError(
    "UPDATE_UNHEALTHY",
    `OpenClaw ${deps.version} started, but did not bring an answer of a model to the chat.`,
    "Nothing; the version that runs goes on.",
  );
}

import type { ChatEvent, ChatMessage, ConversationId } from "@smartclaw/contracts";
import type { Chat } from "@smartclaw/openclaw";
import type { FailureBook } from "./provider-faults-book.ts";
import type { ProviderFaults } from "./provider-faults.ts";

/**
 * A chat in which a failed turn says why in SmartClaw's words, and says the same as it ends, in the history and after
 * a restart: whatever the end of a turn says is written into the book, and read from there by all three.
 */
export function explainFailures(deps: { chat: Chat; faults: ProviderFaults; book: FailureBook }): Chat {
  const { chat, faults, book } = deps;
  chat.onRunEnded(({ conversation, runId, end }) => {
    const error = faults.take(conversation) ?? end.error;
    if (end.outcome === "error" && error !== null) book.write(conversation, runId, error);
  });

  /** What was written of the answer stays; OpenClaw's reason makes way for ours. */
  const explainMessage = (id: ConversationId, message: ChatMessage): ChatMessage => {
    const { failed, text } = message;
    const error = failed === undefined ? null : book.find(id, failed.runId);
    if (failed === undefined || error === null) return message;
    const written = text.slice(0, text.length - failed.reason.length).trim();
    const reason = `${error.message} ${error.next}`;
    return {
      ...message,
      text: written === "" ? reason : `${written}\n\n${reason}`,
      failed: { ...failed, reason },
    };
  };

  const explainEvent = (id: ConversationId, event: ChatEvent): ChatEvent => {
    switch (event.type) {
      case "snapshot":
        return { ...event, messages: event.messages.map((message) => explainMessage(id, message)) };
      case "message":
        return { ...event, message: explainMessage(id, event.message) };
      case "end":
        return { ...event, error: event.error && (book.find(id, event.runId) ?? event.error) };
      default:
        return event;
    }
  };

  return {
    ...chat,
    async history(input) {
      const { messages, hasMore } = await chat.history(input);
      return { messages: messages.map((message) => explainMessage(input.id, message)), hasMore };
    },
    async remove(input) {
      const removal = await chat.remove(input);
      book.forget(input.id);
      return removal;
    },
    async *events(input, signal) {
      for await (const event of chat.events(input, signal)) yield explainEvent(input.id, event);
    },
  };
}

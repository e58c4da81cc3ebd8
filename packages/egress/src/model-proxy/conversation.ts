import { type ConversationId, conversationId } from "@smartclaw/contracts";

/**
 * The line about the run that OpenClaw ends every prompt of a conversation with, whatever the protocol, and the only
 * thing in a request that names the conversation: no header does, and the body has no user or cache key (2026.9.6).
 */
const runtimeLine = /Runtime: (?:[a-z]+=[^|"\\]{1,100} \| )*session=([^\s|"\\]{1,200}) \| /g;
/** More than the line is long up to where the conversation's name ends, for one that comes in two pieces. */
const overlap = 600;

/** Reads along while a request passes, and keeps nothing of it. */
export interface ConversationReader {
  take(chunk: Buffer): void;
  /** Null when nothing names one, or when two are named: someone may have written such a line into a message. */
  found(): ConversationId | null;
}

export function createConversationReader(): ConversationReader {
  const named = new Set<string>();
  let last = "";
  return {
    take(chunk) {
      const text = last + chunk.toString("latin1");
      for (const [, name] of text.matchAll(runtimeLine)) if (name !== undefined) named.add(name);
      last = text.slice(-overlap);
    },
    found() {
      const [only, another] = named;
      return another === undefined ? (conversationId.safeParse(only).data ?? null) : null;
    },
  };
}

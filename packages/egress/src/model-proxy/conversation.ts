import { type ConversationId, conversationId } from "@smartclaw/contracts";

/**
 * The line about the run that OpenClaw ends every prompt of a conversation with, whatever the protocol, and the only
 * thing in a request that names the conversation: no header does, and the body has no user or cache key (2026.9.6).
 */
const runtimeLine = /^Runtime: (?:[a-z]+=[^|"\\]{1,100} \| )*session=([^\s|"\\]{1,200}) \| /;
const lineStart = "Runtime: ";
/** More bytes than the line has up to where the conversation's name ends. */
const longest = 600;

/** Reads along while a request passes, and keeps nothing of it. */
export interface ConversationReader {
  take(chunk: Buffer): void;
  /** Null when nothing names one, or when two are named: someone may have written such a line into a message. */
  found(): ConversationId | null;
}

export function createConversationReader(): ConversationReader {
  const named = new Set<string>();
  let last: Buffer = Buffer.alloc(0);
  /** Prompts are long and the line is short: only what may be one becomes a string. */
  const read = (bytes: Buffer): void => {
    for (let at = bytes.indexOf(lineStart); at !== -1; at = bytes.indexOf(lineStart, at + 1)) {
      const name = runtimeLine.exec(bytes.toString("latin1", at, at + longest))?.[1];
      if (name !== undefined) named.add(name);
    }
  };
  return {
    take(chunk) {
      // A line that comes in two pieces stands whole where they meet.
      const seam = Buffer.concat([last, chunk.subarray(0, longest)]);
      read(seam);
      read(chunk);
      last = chunk.length < longest ? seam.subarray(-longest) : Buffer.from(chunk.subarray(-longest));
    },
    found() {
      const [only, another] = named;
      return another === undefined ? (conversationId.safeParse(only).data ?? null) : null;
    },
  };
}

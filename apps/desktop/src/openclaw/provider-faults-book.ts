import {
  conversationId,
  type ConversationId,
  errorReport,
  type ErrorReport,
  type Log,
} from "@smartclaw/contracts";
import { z } from "zod";
import { openJsonFile } from "../daemon/json-file.ts";

/** Older failures show OpenClaw's own words again. */
const kept = 500;

const entry = z.object({ conversation: conversationId, runId: z.string(), error: errorReport });

/**
 * What the page said of each failed turn, so that it says the same after a reload and after a restart of SmartClaw.
 *
 * OpenClaw keeps the transcript, and in it its own guess at the reason; SmartClaw's sentence is known only while the
 * turn ends. So it is kept beside: a small file of sentences, each under its conversation and the run whose last row
 * in the transcript it belongs to. The newest 500 are kept; a deleted conversation takes its own along. The file holds
 * the sentences for people and nothing else: the model proxy has taken keys out of what a provider said.
 */
export interface FailureBook {
  find(conversation: ConversationId, runId: string): ErrorReport | null;
  /** On a full disk the sentence is kept until SmartClaw stops, which is no reason to fail the chat. */
  write(conversation: ConversationId, runId: string, error: ErrorReport): void;
  forget(conversation: ConversationId): void;
}

export function openFailureBook(deps: { file: string; log: Log }): FailureBook {
  const file = openJsonFile(deps.file, z.array(entry), [], deps.log);
  let entries = file.get();
  const keep = (next: typeof entries): void => {
    entries = next;
    try {
      file.set(next);
    } catch (error) {
      deps.log.warn({ error: String(error) }, "why answers failed could not be written down");
    }
  };
  return {
    find: (conversation, runId) =>
      entries.find((one) => one.runId === runId && one.conversation === conversation)?.error ?? null,
    write: (conversation, runId, error) => keep([...entries, { conversation, runId, error }].slice(-kept)),
    forget(conversation) {
      const others = entries.filter((one) => one.conversation !== conversation);
      if (others.length < entries.length) keep(others);
    },
  };
}

import { createHash } from "node:crypto";
import { type Log, reportOf } from "@smartclaw/contracts";
import type { AuditLog } from "../audit/audit-log.ts";
import type { AuditEntry } from "../audit/entry.ts";
import type { Action } from "./tool-call.ts";

/** What the broker writes down. */
export interface Notes {
  /** Nothing is done that is not written down before. @throws SmartClawError */
  before(kind: AuditEntry["kind"], body: Record<string, unknown>): void;
  /** Where it cannot be written down any more, what was done is not undone by it. */
  after(kind: AuditEntry["kind"], body: Record<string, unknown>): void;
}

export function createNotes({ audit, log }: { readonly audit: AuditLog; readonly log: Log }): Notes {
  return {
    before: (kind, body) => void audit.append({ kind, body }),
    after(kind, body) {
      try {
        audit.append({ kind, body });
      } catch (error) {
        log.error({ error: reportOf(error) }, "what was done could not be written down");
      }
    },
  };
}

/** In UTF-16 code units; the rest of a long text is named by its digest. */
const longestNoted = 16_384;

export function noted(text: string): Record<string, unknown> {
  if (text.length <= longestNoted) return { text };
  return { text: text.slice(0, longestNoted), sha256: createHash("sha256").update(text).digest("hex") };
}

/** The text of an action, where it has one. */
export function notedOf(action: Action): Record<string, unknown> {
  return "text" in action ? noted(action.text) : {};
}

import type { Clock, ConversationId, ErrorReport } from "@smartclaw/contracts";

/** A turn ends within moments of the fault that ended it. */
const freshMs = 10_000;

/** The conversation that a request of OpenClaw's was for, as far as the request tells. */
interface Asked {
  readonly conversation: ConversationId | null;
}

/**
 * Why a turn failed, from what the model proxy saw: OpenClaw itself can only guess. A fault belongs to the turn that
 * ends next in the conversation for which the request was, since OpenClaw works on one turn of a conversation at a
 * time. A fault of which nobody knows whose it was explains nothing: OpenClaw's own words are better than wrong ones.
 */
export interface ProviderFaults {
  failed(request: Asked, report: ErrorReport): void;
  /** A request came through after all, so an earlier fault is not what ends the turn. */
  answered(request: Asked): void;
  /** The fault that ended the conversation's turn just now, or null. Asked once for each turn that ends. */
  take(conversation: ConversationId): ErrorReport | null;
}

export function createProviderFaults(deps: { clock: Clock }): ProviderFaults {
  const last = new Map<ConversationId, { readonly report: ErrorReport; readonly at: number }>();
  const isFresh = (at: number): boolean => deps.clock.now() - at <= freshMs;
  return {
    failed({ conversation }, report) {
      for (const [id, { at }] of last) if (!isFresh(at)) last.delete(id);
      if (conversation !== null) last.set(conversation, { report, at: deps.clock.now() });
    },
    answered({ conversation }) {
      if (conversation !== null) last.delete(conversation);
    },
    take(conversation) {
      const fault = last.get(conversation);
      last.delete(conversation);
      return fault !== undefined && isFresh(fault.at) ? fault.report : null;
    },
  };
}

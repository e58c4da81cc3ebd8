import type { Need } from "../analysis/report.ts";
import type { Doable } from "../broker/tool-call.ts";
import type { Decision } from "../decide.ts";

/**
 * What a conversation has taken in. Both together with a way out are what a deceived model needs to give its owner's
 * data away (S. Willison, "The lethal trifecta for AI agents", 2025).
 */
export interface Taint {
  /** Something of this computer's. */
  readonly privateRead: boolean;
  /** Something that others wrote, who may have written orders for the model into it. */
  readonly untrusted: boolean;
}

export const clean: Taint = { privateRead: false, untrusted: false };

export function both(one: Taint, other: Taint): Taint {
  return {
    privateRead: one.privateRead || other.privateRead,
    untrusted: one.untrusted || other.untrusted,
  };
}

export function isTainted({ privateRead, untrusted }: Taint): boolean {
  return privateRead && untrusted;
}

/**
 * What an action that is let through brings into its conversation. What is written tells nothing; whatever a command
 * may see, it may print.
 * @param shown the paths that a command may see
 */
export function takenIn(action: Doable, needs: readonly Need[], shown: readonly string[]): Taint {
  switch (action.type) {
    case "command":
      return { privateRead: shown.length > 0, untrusted: needs.some(({ type }) => type === "reach") };
    case "files":
      return { privateRead: needs.some(({ type }) => type === "read"), untrusted: false };
    case "browser":
      return { privateRead: false, untrusted: action.call.does !== "look" };
    // A sub-agent's conversation is one with the one that had it started.
    case "delegate":
    case "input":
      return clean;
  }
}

/**
 * The needs by which an action lets others know something. To ask for a page is to send its address, in which anything
 * may be written.
 */
export function sendingNeeds(action: Doable, needs: readonly Need[]): readonly Need[] {
  return needs.filter(
    (need) =>
      need.type === "reach" ||
      (need.type === "browse" && action.type === "browser" && action.call.does !== "read"),
  );
}

/** To whom something is sent, by the name under which an owner's word for it is kept. */
export function recipientOf(need: Need): string {
  if (need.type === "reach") return need.host;
  return need.type === "browse" ? need.origin : "";
}

/**
 * The decision where some needs are held back: whatever was granted before, it is for the owner to say.
 * @param canAsk whether there is an owner behind whoever wants it
 */
export function withHeldBack(decision: Decision, held: readonly Need[], canAsk: boolean): Decision {
  if (held.length === 0 || decision.decision === "deny") return decision;
  const recipients = [...new Set(held.map(recipientOf))].join(", ");
  const reason = `this conversation has seen data of this computer and what others wrote, which may make it send data to ${recipients}`;
  if (!canAsk) return { ...decision, decision: "deny", reasons: [reason], missing: [] };
  const missing = [...decision.missing, ...held.filter((need) => !decision.missing.includes(need))];
  return { ...decision, decision: "ask", reasons: [...decision.reasons, reason], missing };
}

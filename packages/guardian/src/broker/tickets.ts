import { randomBytes } from "node:crypto";
import type { Clock } from "@smartclaw/contracts";
import type { Decision } from "../decide.ts";
import type { SandboxPlan } from "../sandbox/plan.ts";

/** A decision that let a command through, bound to it. */
export interface Permit {
  readonly session: string;
  /** The conversation on whose behalf it is; the same but for sub-agents. */
  readonly root: string;
  readonly toolCallId: string;
  readonly text: string;
  /** Absolute, without links. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly plan: SandboxPlan;
  readonly callers: readonly string[];
  /** What let it through; what it has `missing`, the owner said yes to. */
  readonly decision: Decision;
  /** Why no copy is kept of what would be lost, which the owner said yes to; null when one is, or nothing is lost. */
  readonly without: string | null;
  /** Of the grants, when it was decided; after a panic it is another. */
  readonly epoch: number;
}

export interface Tickets {
  /** @returns the ticket: whoever has it may have the command started, once */
  mint(permit: Permit): string;
  /** Null when there is none, it was used, or it is too old. It is used now, whatever comes of it. */
  redeem(ticket: string): Permit | null;
  voidAll(): void;
}

/** Between a decision and the start lie milliseconds. */
const goodForMs = 30_000;

export function createTickets(clock: Clock): Tickets {
  const minted = new Map<string, { permit: Permit; until: number }>();
  return {
    mint(permit) {
      const now = clock.now();
      for (const [ticket, { until }] of minted) if (until < now) minted.delete(ticket);
      const ticket = randomBytes(24).toString("base64url");
      minted.set(ticket, { permit, until: now + goodForMs });
      return ticket;
    },
    redeem(ticket) {
      const found = minted.get(ticket);
      minted.delete(ticket);
      return found === undefined || found.until < clock.now() ? null : found.permit;
    },
    voidAll: () => minted.clear(),
  };
}

import {
  type Clock,
  type GuardianGrant,
  type GuardianOffer,
  offerDays,
  SmartClawError,
} from "@smartclaw/contracts";
import type { AuditLog } from "../audit/audit-log.ts";
import { examplesOf } from "../grants/examples.ts";
import type { NewGrant } from "../grants/grant-record.ts";
import type { Habits, Offer } from "./habits.ts";

/** What repeats, and the owner's word on it. */
export interface Offers {
  list(): Promise<GuardianOffer[]>;
  /** Grants exactly what was shown. @throws SmartClawError NOT_FOUND, and what granting throws */
  accept(id: string): Promise<GuardianGrant[]>;
  /** It is not offered again for 30 days. @throws SmartClawError NOT_FOUND, DISK_FULL */
  dismiss(id: string): Promise<void>;
}

const dayMs = 86_400_000;

export function createOffers(deps: {
  readonly habits: Habits;
  readonly audit: Pick<AuditLog, "append">;
  /** Looks whether they are sound, and writes them down. */
  readonly add: (grants: readonly NewGrant[]) => GuardianGrant[];
  readonly clock: Clock;
}): Offers {
  const { habits, audit, add, clock } = deps;

  async function find(id: string): Promise<Offer> {
    const offer = (await habits.offers()).find((one) => one.id === id);
    if (offer !== undefined) return offer;
    throw new SmartClawError(
      "NOT_FOUND",
      "This is not offered any more.",
      "Look at what is offered now, or grant it yourself.",
    );
  }

  const note = (said: "accepted" | "dismissed", { id, shape, scopes }: Offer): void =>
    void audit.append({ kind: "offer", body: { said, offer: id, shape, scopes } });

  return {
    list: async () => (await habits.offers()).map(toShown),
    async accept(id) {
      const offer = await find(id);
      const duration = { kind: "until", at: clock.now() + offerDays * dayMs } as const;
      const made = add(
        offer.scopes.map((scope) => ({
          effect: "allow",
          scope,
          callers: ["owner"],
          duration,
          source: "request",
        })),
      );
      note("accepted", offer);
      return made;
    },
    dismiss: async (id) => note("dismissed", await find(id)),
  };
}

function toShown({ id, times, lastAt, scopes }: Offer): GuardianOffer {
  const examples = scopes.map(examplesOf);
  return {
    id,
    times,
    lastAt,
    scopes: scopes.map((scope) => (scope.type === "run" ? { ...scope, words: [...scope.words] } : scope)),
    examples: {
      allows: [...new Set(examples.flatMap(({ allows }) => allows))],
      refuses: [...new Set(examples.flatMap(({ refuses }) => refuses))],
    },
  };
}

import { type Clock, type Log, SmartClawError } from "@smartclaw/contracts";
import type { HeldGrant } from "./grant-record.ts";
import type { KeptGrants, View } from "./kept-grants.ts";
import { isEffective } from "./standing.ts";

const hour = 3_600_000;

/** Uses of grants, which are counted here and written now and then: a power cut may lose the last hour of them. */
export interface Uses {
  /** With what is not written yet. */
  of(grant: HeldGrant): HeldGrant;
  /** Writes a grant at most once an hour; what cannot be written is kept for later. */
  count(ids: readonly string[], view: View): void;
  flush(): void;
}

export function countUses(deps: {
  readonly kept: KeptGrants;
  readonly clock: Clock;
  readonly log: Log;
}): Uses {
  const { kept, clock, log } = deps;
  const pending = new Map<string, { readonly times: number; readonly at: number }>();
  let failedAt: number | null = null;

  function of(grant: HeldGrant): HeldGrant {
    const more = pending.get(grant.id);
    if (more === undefined) return grant;
    return {
      ...grant,
      uses: grant.uses + more.times,
      lastUsedAt: Math.max(grant.lastUsedAt ?? 0, more.at),
    };
  }

  function flush(): void {
    if (pending.size === 0) return;
    try {
      kept.commit(({ grants }) => ({
        put: [...pending.keys()].flatMap((id) => grants.get(id) ?? []).map((grant) => of(grant)),
        result: null,
      }));
      pending.clear();
      failedAt = null;
    } catch (error) {
      if (!(error instanceof SmartClawError)) throw error;
      failedAt = clock.now();
      log.warn({ code: error.code }, "uses of grants could not be written and are kept for later");
    }
  }

  return {
    of,
    flush,
    count(ids, view) {
      const now = clock.now();
      let isDue = false;
      for (const id of new Set(ids)) {
        const grant = view.grants.get(id);
        if (grant === undefined || !isEffective(of(grant), view, now)) continue;
        pending.set(id, { times: (pending.get(id)?.times ?? 0) + 1, at: now });
        isDue ||= grant.lastUsedAt === null || now - grant.lastUsedAt >= hour;
      }
      if (isDue && (failedAt === null || Math.abs(now - failedAt) >= hour)) flush();
    },
  };
}

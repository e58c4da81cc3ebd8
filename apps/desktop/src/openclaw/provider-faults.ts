import type { ChatEvent, Clock, ErrorReport } from "@smartclaw/contracts";

/** A turn ends within moments of the fault that ended it. */
const freshMs = 10_000;

/** Puts the model proxy's own words in place of OpenClaw's guess at why an answer failed. */
export interface ProviderFaults {
  note(report: ErrorReport): void;
  explain(event: ChatEvent): ChatEvent;
}

export function createProviderFaults(deps: { clock: Clock }): ProviderFaults {
  let last: { report: ErrorReport; at: number } | null = null;
  return {
    note: (report) => void (last = { report, at: deps.clock.now() }),
    explain(event) {
      if (event.type !== "end" || event.outcome !== "error" || last === null) return event;
      if (deps.clock.now() - last.at > freshMs) return event;
      return { ...event, error: last.report };
    },
  };
}

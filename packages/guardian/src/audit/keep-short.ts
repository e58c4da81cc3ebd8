import { type Log, reportOf } from "@smartclaw/contracts";
import type { AuditLog } from "./audit-log.ts";

/** In milliseconds: to the next rows that are to go, and to the next look. */
const soon = 1000;
const later = 6 * 3_600_000;

/** Takes old rows away, now and from time to time; some at a time, so that nobody waits for it. @returns the end of it */
export function keepShort(
  audit: Pick<AuditLog, "prune">,
  { setTimer, log }: { setTimer: (ms: number, run: () => void) => () => void; log: Log },
): () => void {
  let cancel: () => void;
  const look = (): void => {
    let more = false;
    try {
      more = audit.prune();
    } catch (error) {
      log.error({ error: reportOf(error) }, "old rows of the audit log could not be taken away");
    }
    cancel = setTimer(more ? soon : later, look);
  };
  cancel = setTimer(soon, look);
  return () => cancel();
}

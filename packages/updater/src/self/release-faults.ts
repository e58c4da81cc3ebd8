import { SmartClawError } from "@smartclaw/contracts";
import type { ErrandFaults } from "../find/errand-faults.ts";

/**
 * Why tuf-js believes nothing of what `host` gave, for people. It tells its reasons apart by their texts only, which are
 * those of the version that is pinned; none of them is passed on, since they can hold the other side's words.
 */
export function disbelief(error: unknown, host: string, faults: ErrandFaults): SmartClawError {
  if (error instanceof SmartClawError) return error;
  const { message, code } = error as NodeJS.ErrnoException;
  if (code !== undefined) return faults.disk(code, error);
  const unwritten = /Failed to persist metadata .*\b(E[A-Z]+):/.exec(message)?.[1];
  if (unwritten !== undefined) return faults.disk(unwritten, error);
  if (message.endsWith(" is expired"))
    return faults.unbelievable(
      `the signed list of releases at ${host} has run out, so that newer releases could be kept back; or this computer's clock is wrong`,
      error,
    );
  if (/ is less than current version /.test(message))
    return faults.unbelievable(`${host} gave an older list of releases than it did before`, error);
  return faults.unbelievable(
    `what ${host} gave is not signed by those whose releases SmartClaw trusts, or was changed afterwards`,
    error,
  );
}

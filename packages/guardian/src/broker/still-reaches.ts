import type { Judge } from "../decide.ts";
import type { GrantStore } from "../grants/grant-store.ts";
import { secureWeb } from "../sandbox/hosts.ts";
import type { Permit } from "./tickets.ts";

/**
 * Whether a command that runs may still speak to a host of its plan: somebody may have taken the grant back, or
 * stopped everything. What the owner said yes to is for as long as the command runs, unless it is forbidden meanwhile.
 */
export function stillReaches(
  { callers, decision, epoch }: Pick<Permit, "callers" | "decision" | "epoch">,
  host: string,
  { judge, grants, now }: { judge: Judge; grants: Pick<GrantStore, "isArmed" | "epoch">; now: number },
): boolean {
  if (!grants.isArmed() || grants.epoch() !== epoch) return false;
  const need = { type: "reach", host, port: secureWeb, sends: false } as const;
  const { decision: word } = judge({ needs: [need], unknown: [], refused: [] }, { callers, now });
  if (word === "allow") return true;
  return word === "ask" && decision.missing.some((one) => one.type === "reach" && one.host === host);
}

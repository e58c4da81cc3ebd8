import { SmartClawError, type UpdateComponent, type UpdateStatus } from "@smartclaw/contracts";
import type { Client } from "../client.ts";

/** Whose updates a command is about. */
export interface Of {
  readonly self?: boolean;
}

export function componentOf({ self }: Of): UpdateComponent {
  return self === true ? "smartclaw" : "openclaw";
}

/** @throws SmartClawError NOT_FOUND when SmartClaw was not told where its own releases are */
export async function statusOf(api: Client, component: UpdateComponent): Promise<UpdateStatus> {
  const { updates, selfUpdates } = await api.system.status();
  const status = component === "openclaw" ? updates : selfUpdates;
  if (status !== null) return status;
  throw new SmartClawError(
    "NOT_FOUND",
    "This SmartClaw was not told where its own releases are, so it stays as it is.",
    "See “Updates of SmartClaw itself” in its README.",
  );
}

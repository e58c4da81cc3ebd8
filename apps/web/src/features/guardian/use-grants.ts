import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { GrantDuration, GrantPreset, GuardianGrant, NewGuardianGrant } from "@smartclaw/contracts";
import { daemon } from "../../lib/client.ts";

const refreshMs = 30_000;

export function useGrants() {
  return useQuery({
    queryKey: ["guardian", "grants"],
    queryFn: () => daemon.guardian.grants(),
    // Uses are counted without a change of the status.
    refetchInterval: refreshMs,
  });
}

export type GrantChange =
  | { readonly type: "add"; readonly grant: NewGuardianGrant }
  /** The new one is there before the old one goes: a prohibition has no gap. */
  | { readonly type: "replace"; readonly old: string; readonly grant: NewGuardianGrant }
  | { readonly type: "preset"; readonly preset: GrantPreset; readonly folder: string }
  | { readonly type: "renew"; readonly id: string; readonly duration: GrantDuration }
  | { readonly type: "revoke"; readonly grant: GuardianGrant };

async function carryOut(change: GrantChange): Promise<void> {
  switch (change.type) {
    case "add":
      await daemon.guardian.addGrants({ grants: [change.grant] });
      return;
    case "replace":
      await daemon.guardian.addGrants({ grants: [change.grant] });
      await daemon.guardian.revoke({ id: change.old });
      return;
    case "preset":
      await daemon.guardian.addPreset({ preset: change.preset, folder: change.folder });
      return;
    case "renew":
      await daemon.guardian.renew({ id: change.id, duration: change.duration });
      return;
    case "revoke":
      await daemon.guardian.revoke({ id: change.grant.id });
  }
}

/** Changes grants, and reads them again. */
export function useGrantChange(onDone: (change: GrantChange) => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: carryOut,
    onSuccess: (_, change) => onDone(change),
    onSettled: () => queries.invalidateQueries({ queryKey: ["guardian"] }),
  });
}

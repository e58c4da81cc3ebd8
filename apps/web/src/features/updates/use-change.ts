import { useMutation } from "@tanstack/react-query";
import type { UpdateSettings } from "@smartclaw/contracts";
import { daemon } from "../../lib/client.ts";

/** Changes settings of updates; the status stream brings the result. */
export function useChange() {
  return useMutation({ mutationFn: (change: Partial<UpdateSettings>) => daemon.updates.change(change) });
}

import { useMutation } from "@tanstack/react-query";
import type { UpdateComponent, UpdateSettings } from "@smartclaw/contracts";
import { daemon } from "../../lib/client.ts";

/** Changes settings of updates; the status stream brings the result. */
export function useChange(component: UpdateComponent) {
  return useMutation({
    mutationFn: (change: Partial<UpdateSettings>) => daemon.updates.change({ component, ...change }),
  });
}

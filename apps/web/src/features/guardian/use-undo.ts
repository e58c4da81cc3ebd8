import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { daemon } from "../../lib/client.ts";

const refreshMs = 15_000;

/** What can be undone, or was. */
export function useSnapshots() {
  return useQuery({
    queryKey: ["guardian", "snapshots"],
    queryFn: () => daemon.guardian.snapshots(),
    // What a grant covers is done without a question, so nothing else tells of it.
    refetchInterval: refreshMs,
  });
}

/** Undoes, and reads again what there is. */
export function useUndo() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (order: { readonly id: string; readonly force: boolean }) => daemon.guardian.undo(order),
    onSettled: () => queries.invalidateQueries({ queryKey: ["guardian"] }),
  });
}

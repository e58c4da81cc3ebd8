import { useInfiniteQuery } from "@tanstack/react-query";
import { daemon } from "../../lib/client.ts";

const pageSize = 25;
const refreshMs = 15_000;

/** The record, newest first, page by page. Lines are only ever added, so a page's end stays where it is. */
export function useHistory() {
  return useInfiniteQuery({
    queryKey: ["guardian", "log"],
    queryFn: ({ pageParam }) =>
      daemon.guardian.log({ limit: pageSize, ...(pageParam === null ? {} : { before: pageParam }) }),
    initialPageParam: null as number | null,
    getNextPageParam: (last) => (last.length < pageSize ? undefined : last.at(-1)?.seq),
    // What a grant covers is done and recorded without a question, so nothing else tells of it.
    refetchInterval: ({ state }) => (state.data?.pages.length === 1 ? refreshMs : false),
  });
}

import { createORPCClient, ORPCError } from "@orpc/client";
import { RPCLink } from "@orpc/client/fetch";
import type { ContractRouterClient } from "@orpc/contract";
import type { Api, ErrorReport } from "@smartclaw/contracts";
import { sessionProof } from "./session.ts";

const link = new RPCLink({
  url: () => `${location.origin}/rpc`,
  headers: () => ({ "x-smartclaw-proof": sessionProof() }),
});

/** The daemon, with the types of its contract. */
export const daemon: ContractRouterClient<Api> = createORPCClient(link);

const away: ErrorReport = {
  code: "DAEMON_NOT_RUNNING",
  message: "SmartClaw does not answer.",
  next: "Start it again with `smartclaw start`; this page goes on by itself.",
};

/** What went wrong, in words. */
export function faultOf(error: unknown): ErrorReport {
  if (error instanceof ORPCError) {
    const data = error.data as Partial<ErrorReport> | undefined;
    if (typeof data?.message === "string" && typeof data.next === "string") return data as ErrorReport;
    if (error.status === 401)
      return {
        code: "UNAUTHENTICATED",
        message: "This browser is not signed in.",
        next: "Run `smartclaw open`.",
      };
    return {
      code: "INTERNAL",
      message: "SmartClaw could not do this.",
      next: "Try again, or look at the Status page.",
    };
  }
  return away;
}

import { createORPCClient } from "@orpc/client";
import { RPCLink } from "@orpc/client/fetch";
import type { ContractRouterClient } from "@orpc/contract";
import type { Api } from "@smartclaw/contracts";
import { createSocketFetch } from "./socket-fetch.ts";

export type Client = ContractRouterClient<Api>;

/** The daemon's API through its socket. Nothing is contacted before the first call. */
export function createClient(socketPath: string): Client {
  const link = new RPCLink({ url: "http://localhost/rpc", fetch: createSocketFetch(socketPath) });
  return createORPCClient(link);
}

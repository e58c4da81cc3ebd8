import { createORPCClient } from "@orpc/client";
import { StandardLink, StandardRPCLinkCodec } from "@orpc/client/standard";
import type { ContractRouterClient } from "@orpc/contract";
import type { Api } from "@smartclaw/contracts";
import { createSocketLinkClient, SocketSerializer } from "./socket-link.ts";

export type Client = ContractRouterClient<Api>;

/** The daemon's API through its socket. Nothing is contacted before the first call. */
export function createClient(socketPath: string): Client {
  const codec = new StandardRPCLinkCodec(new SocketSerializer(), { url: "http://localhost/rpc" });
  return createORPCClient(new StandardLink(codec, createSocketLinkClient(socketPath)));
}

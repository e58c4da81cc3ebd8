import type { IncomingMessage, RequestListener } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { createApp } from "./app.ts";
import { credentialsOf } from "./credentials.ts";
import { guard, requestFacts } from "./guards.ts";
import { setCommonHeaders } from "./headers.ts";
import { foreign, refuse, unknownRoute } from "./refusals.ts";
import { createRpcListener, isRpc, type RpcHandler } from "./rpc.ts";
import type { Sessions } from "./sessions.ts";
import type { StaticAnswer } from "./static-files.ts";

/** What browsers on this computer reach: the page, the sign-in, and the API for who is signed in. */
export function createBrowserDoor(deps: {
  port: () => number;
  sessions: Sessions;
  rpc: RpcHandler;
  page: (path: string) => Promise<StaticAnswer>;
}): RequestListener {
  const signedIn = (request: IncomingMessage): boolean => {
    const { cookie, proof } = credentialsOf((name) => request.headers[name]?.toString());
    return deps.sessions.valid(cookie, proof);
  };
  const rpc = createRpcListener({ rpc: deps.rpc, signedIn });
  const rest = getRequestListener(createApp(deps).fetch);
  return (request, response) => {
    setCommonHeaders(response);
    const verdict = guard(requestFacts(request), deps.port());
    if (!verdict.ok) return refuse(response, foreign(verdict));
    if (isRpc(request)) rpc(request, response);
    else void rest(request, response);
  };
}

/** What the command line reaches through the socket of mode 0600: who can open it is the owner. */
export function createSocketDoor(deps: { rpc: RpcHandler }): RequestListener {
  const rpc = createRpcListener({ rpc: deps.rpc, signedIn: () => true });
  return (request, response) => {
    setCommonHeaders(response);
    if (isRpc(request)) rpc(request, response);
    else refuse(response, unknownRoute);
  };
}

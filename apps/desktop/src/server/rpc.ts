import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { jsonIn, maxBodyBytes, readBody } from "./body.ts";
import { fault, notJson, refuse, signedOut, tooLarge, unknownRoute, wrongMethod } from "./refusals.ts";

/** Its body was read and is JSON. */
type RpcRequest = IncomingMessage & { readonly body: unknown };

/** Answers an RPC request; resolves to false when it is none. */
export type RpcHandler = (request: RpcRequest, response: ServerResponse) => Promise<boolean>;

/** Whether a request is one for the API. Whatever else its address may mean, only `createRpcListener` answers it. */
export function isRpc({ url = "" }: IncomingMessage): boolean {
  return /^\/rpc(?:[/?]|$)/.test(url);
}

/**
 * The API, on Node's own requests: the `Request` and `Response` of fetch take longer than most calls. The body is read
 * here, since oRPC's `BodyLimitPlugin` throws inside an event of the stream, which ends the process.
 */
export function createRpcListener(deps: {
  rpc: RpcHandler;
  signedIn: (request: IncomingMessage) => boolean;
}): RequestListener {
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== "POST") return refuse(response, wrongMethod);
    if (!deps.signedIn(request)) return refuse(response, signedOut);
    const bytes = await readBody(request, maxBodyBytes);
    if (bytes === null) return refuse(response, tooLarge);
    const body = jsonIn(bytes);
    if (body === null) return refuse(response, notJson);
    const answered = await deps.rpc(Object.assign(request, { body: body.json }), response);
    if (!answered) refuse(response, unknownRoute);
  }

  return (request, response) => {
    answer(request, response).catch((error: unknown) => refuse(response, fault(error)));
  };
}

import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { guard, requestFacts } from "./guards.ts";
import { setCommonHeaders } from "./headers.ts";
import { headersOf, type StaticAnswer } from "./static-files.ts";

/** Opens before the house behind it is built. */
export interface FrontDoor {
  readonly listener: RequestListener;
  /** Resolves when somebody has got the page. */
  readonly asked: Promise<void>;
  /** From now on `house` answers everything, what waits included. */
  handOver(house: RequestListener): void;
}

/**
 * Answers with the page at once. Everything else, and whatever the guards refuse, waits for the house, which has the
 * one say in it.
 */
export function createFrontDoor(page: (path: string) => Promise<StaticAnswer>): FrontDoor {
  let house: RequestListener | null = null;
  let waiting: (readonly [IncomingMessage, ServerResponse])[] = [];
  let tell: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => {
    tell = resolve;
  });

  async function answer(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const found = await page(path);
    const length = { "content-length": found.body.byteLength };
    setCommonHeaders(response);
    response.writeHead(found.status, { ...headersOf(found), ...length });
    response.end(request.method === "HEAD" ? undefined : found.body, tell);
  }

  return {
    asked,
    listener(request, response) {
      if (house !== null) return house(request, response);
      const path = pagePath(request);
      if (path === null) waiting.push([request, response]);
      else void answer(path, request, response);
    },
    handOver(built) {
      house = built;
      const all = waiting;
      waiting = [];
      for (const [request, response] of all) if (!request.destroyed) built(request, response);
    },
  };
}

/** The path of a request for a page or a part of one; null for everything else. */
function pagePath(request: IncomingMessage): string | null {
  const { method, url = "", socket } = request;
  const reads = method === "GET" || method === "HEAD";
  if (!reads || !guard(requestFacts(request), socket.localPort ?? 0).ok) return null;
  const path = URL.parse(url, "http://localhost")?.pathname ?? null;
  return path === null || /^\/(rpc|session|healthz)(\/|$)/.test(path) ? null : path;
}

import type { RequestListener } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { Hono, type Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import { getCookie, setCookie, deleteCookie } from "hono/cookie";
import { z } from "zod";
import { reportOf, type ErrorReport } from "@smartclaw/contracts";
import { guard, requestFacts } from "./guards.ts";
import { securityHeaders } from "./headers.ts";
import type { Sessions } from "./sessions.ts";
import { headersOf, type StaticAnswer } from "./static-files.ts";

const cookieName = "smartclaw_session";
const proofHeader = "x-smartclaw-proof";
const maxBodyBytes = 1024 * 1024;
const loginBody = z.object({ token: z.string().max(200) });

/** Answers an RPC request, or null when it is none. */
export type RpcHandler = (request: Request) => Promise<Response | null>;

/** For Node's own server. */
export function listenerOf(app: Hono): RequestListener {
  return getRequestListener(app.fetch);
}

function fail(context: Context, status: 401 | 403 | 404 | 413 | 421, report: ErrorReport): Response {
  return context.json(report, status);
}

const signedOut: ErrorReport = {
  code: "UNAUTHENTICATED",
  message: "This browser is not signed in to SmartClaw.",
  next: "Run `smartclaw open` on this computer, which signs it in.",
};

/** What browsers on this computer reach: the page, the sign-in, and the API for who is signed in. */
export function createBrowserApp(deps: {
  port: () => number;
  sessions: Sessions;
  rpc: RpcHandler;
  page: (path: string) => Promise<StaticAnswer>;
}): Hono {
  const app = createBase();
  app.use(async (context, next) => {
    const facts = requestFacts(context.req.method, (name) => context.req.header(name));
    const verdict = guard(facts, deps.port());
    if (verdict.ok) return next();
    const next_ = "Open SmartClaw with `smartclaw open`.";
    return fail(context, verdict.status, { code: "FORBIDDEN", message: verdict.reason, next: next_ });
  });
  app.get("/healthz", (context) => context.json({ ok: true }));
  app.post("/session/login", async (context) => {
    const body = loginBody.safeParse(await context.req.json().catch(() => null));
    const session = body.success ? deps.sessions.login(body.data.token) : null;
    if (session === null) {
      const message = "This login link was used already or is too old.";
      return fail(context, 401, {
        code: "UNAUTHENTICATED",
        message,
        next: "Run `smartclaw open` for a new one.",
      });
    }
    setCookie(context, cookieName, session.cookie, {
      httpOnly: true,
      sameSite: "Strict",
      path: "/",
      maxAge: session.maxAgeSeconds,
    });
    return context.json({ proof: session.proof });
  });
  const signedIn = (context: Context): boolean =>
    deps.sessions.valid(getCookie(context, cookieName), context.req.header(proofHeader));
  app.post("/session/logout", (context) => {
    if (!signedIn(context)) return fail(context, 401, signedOut);
    deps.sessions.logout(getCookie(context, cookieName) ?? "");
    deleteCookie(context, cookieName, { path: "/" });
    return context.json({ ok: true });
  });
  app.all("/rpc/*", async (context) => {
    if (context.req.method !== "POST") return refuseMethod(context);
    if (!signedIn(context)) return fail(context, 401, signedOut);
    return (await deps.rpc(context.req.raw)) ?? unknownRoute(context);
  });
  app.all("*", async (context) => {
    if (context.req.method !== "GET" && context.req.method !== "HEAD") return refuseMethod(context);
    const answer = await deps.page(context.req.path);
    return context.body(answer.body, answer.status as 200 | 404, headersOf(answer));
  });
  return app;
}

/** What the command line reaches through the socket of mode 0600: who can open it is the owner. */
export function createSocketApp(deps: { rpc: RpcHandler }): Hono {
  const app = createBase();
  app.post("/rpc/*", async (context) => (await deps.rpc(context.req.raw)) ?? unknownRoute(context));
  return app;
}

function createBase(): Hono {
  const app = new Hono();
  app.use(async (context, next) => {
    await next();
    for (const [name, value] of Object.entries(securityHeaders)) context.res.headers.set(name, value);
    if (!context.res.headers.has("cache-control")) context.res.headers.set("cache-control", "no-store");
  });
  app.use(
    bodyLimit({
      maxSize: maxBodyBytes,
      onError: (context) => {
        const message = "The request is larger than SmartClaw accepts (1 MB).";
        return fail(context, 413, { code: "TOO_LARGE", message, next: "Send less at once." });
      },
    }),
  );
  app.onError((error, context) => context.json(reportOf(error), 500));
  return app;
}

function unknownRoute(context: Context): Response {
  return fail(context, 404, {
    code: "NOT_FOUND",
    message: "There is nothing at this address.",
    next: "Reload the page.",
  });
}

function refuseMethod(context: Context): Response {
  const message = "This address does not answer to that kind of request.";
  return context.json({ code: "BAD_REQUEST", message, next: "Reload the page." } satisfies ErrorReport, 405);
}

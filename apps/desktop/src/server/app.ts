import { Hono, type Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import { setCookie, deleteCookie } from "hono/cookie";
import { z } from "zod";
import { maxBodyBytes } from "./body.ts";
import { cookieName, credentialsOf } from "./credentials.ts";
import { fault, type Refusal, signedOut, tooLarge, usedLink, wrongMethod } from "./refusals.ts";
import type { Sessions } from "./sessions.ts";
import { headersOf, type StaticAnswer } from "./static-files.ts";

const loginBody = z.object({ token: z.string().max(200) });

/** The page and the sign-in. Its door has guarded what comes here and sets the headers of every answer. */
export function createApp(deps: { sessions: Sessions; page: (path: string) => Promise<StaticAnswer> }): Hono {
  const app = new Hono();
  app.use(bodyLimit({ maxSize: maxBodyBytes, onError: (context) => fail(context, tooLarge) }));
  app.onError((error, context) => fail(context, fault(error)));
  app.get("/healthz", (context) => context.json({ ok: true }));
  app.post("/session/login", async (context) => {
    const body = loginBody.safeParse(await context.req.json().catch(() => null));
    const session = body.success ? deps.sessions.login(body.data.token) : null;
    if (session === null) return fail(context, usedLink);
    setCookie(context, cookieName, session.cookie, {
      httpOnly: true,
      sameSite: "Strict",
      path: "/",
      maxAge: session.maxAgeSeconds,
    });
    return context.json({ proof: session.proof });
  });
  app.post("/session/logout", (context) => {
    const { cookie, proof } = credentialsOf((name) => context.req.header(name));
    if (cookie === undefined || !deps.sessions.valid(cookie, proof)) return fail(context, signedOut);
    deps.sessions.logout(cookie);
    deleteCookie(context, cookieName, { path: "/" });
    return context.json({ ok: true });
  });
  app.all("*", async (context) => {
    if (context.req.method !== "GET" && context.req.method !== "HEAD") return fail(context, wrongMethod);
    const answer = await deps.page(context.req.path);
    return context.body(answer.body, answer.status as 200 | 404, headersOf(answer));
  });
  return app;
}

function fail(context: Context, { status, report }: Refusal): Response {
  return context.json(report, status);
}

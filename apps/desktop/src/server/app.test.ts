import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import type { Log } from "@smartclaw/contracts";
import { createBrowserApp, listenerOf } from "./app.ts";
import { guard } from "./guards.ts";
import { listenOnLoopback } from "./listen.ts";
import { createSessions } from "./sessions.ts";
import { createStaticFiles } from "./static-files.ts";

const silent: Log = { info() {}, warn() {}, error() {} };
const folder = mkdtempSync(join(tmpdir(), "sc-app-"));
after(() => rmSync(folder, { recursive: true }));
const site = join(folder, "site");
mkdirSync(join(site, "assets"), { recursive: true });
writeFileSync(join(site, "index.html"), "<title>SmartClaw</title>");
writeFileSync(join(site, "assets", "a.js"), "1");
writeFileSync(join(folder, "secret.txt"), "secret");

let now = 1_000_000;
const file = join(folder, "sessions.json");
const newSessions = () =>
  createSessions({
    file,
    clock: { now: () => now },
    random: (length) => Uint8Array.from(randomBytes(length)),
    log: silent,
  });
const sessions = newSessions();
let calls = 0;
const rpc = () => Promise.resolve(new Response(JSON.stringify({ calls: ++calls })));
const app = createBrowserApp({ port: () => 7420, sessions, rpc, page: createStaticFiles(site) });
const ask = (path: string, init: { method?: string; headers?: Record<string, string>; body?: string } = {}) =>
  app.request(`http://localhost:7420${path}`, {
    ...init,
    headers: { host: "localhost:7420", ...init.headers },
  });
const ours = {
  origin: "http://localhost:7420",
  "sec-fetch-site": "same-origin",
  "content-type": "application/json",
};

async function signIn(): Promise<Record<string, string>> {
  const answer = await ask("/session/login", {
    method: "POST",
    headers: ours,
    body: JSON.stringify({ token: sessions.link().token }),
  });
  assert.equal(answer.status, 200);
  const cookie = answer.headers.get("set-cookie") ?? "";
  assert.match(cookie, /HttpOnly/);
  assert.match(cookie, /SameSite=Strict/);
  const { proof } = (await answer.json()) as { proof: string };
  return { ...ours, cookie: cookie.split(";")[0] ?? "", "x-smartclaw-proof": proof };
}

test("a link works once and for ten minutes", async () => {
  const { token } = sessions.link();
  const login = () =>
    ask("/session/login", { method: "POST", headers: ours, body: JSON.stringify({ token }) });
  assert.equal((await login()).status, 200);
  assert.equal((await login()).status, 401);
  const { token: old } = sessions.link();
  now += 11 * 60_000;
  assert.equal(sessions.login(old), null);
  assert.equal(sessions.login("guessed"), null);
});

test("the API answers to who holds both halves of a session", async () => {
  const both = await signIn();
  const { cookie, "x-smartclaw-proof": proof, ...neither } = both;
  const call = (headers: Record<string, string>) =>
    ask("/rpc/system/status", { method: "POST", headers, body: "{}" });
  assert.equal((await call(both)).status, 200);
  assert.equal((await call(neither)).status, 401);
  assert.equal((await call({ ...neither, cookie: cookie ?? "" })).status, 401);
  assert.equal((await call({ ...neither, "x-smartclaw-proof": proof ?? "" })).status, 401);
  const stored = readFileSync(file, "utf8");
  assert.ok(!stored.includes(proof ?? "-") && !stored.includes((cookie ?? "=-").split("=")[1] ?? "-"));
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.ok(newSessions().valid((cookie ?? "").split("=")[1], proof), "a restart keeps the session");
  assert.equal((await ask("/session/logout", { method: "POST", headers: both })).status, 200);
  assert.equal((await call(both)).status, 401);
});

test("nothing is changed by GET, and other pages and other names are refused", async () => {
  const both = await signIn();
  const before = calls;
  assert.equal((await ask("/rpc/system/shutdown", { headers: both })).status, 405);
  for (const [headers, status] of [
    [{ ...both, origin: "http://localhost:3000" }, 403],
    [{ ...both, origin: "https://evil.test" }, 403],
    [{ ...both, origin: "null" }, 403],
    [{ ...both, "sec-fetch-site": "same-site" }, 403],
    [{ ...both, "sec-fetch-site": "cross-site" }, 403],
    [{ ...both, host: "evil.test:7420" }, 421],
    [{ ...both, host: "localhost:7421" }, 421],
  ] as const)
    assert.equal(
      (await ask("/rpc/system/shutdown", { method: "POST", headers, body: "{}" })).status,
      status,
      JSON.stringify(headers),
    );
  const { origin: _origin, ...without } = both;
  assert.equal(
    (await ask("/rpc/system/shutdown", { method: "POST", headers: without, body: "{}" })).status,
    403,
  );
  assert.equal(calls, before);
});

test("no combination of foreign headers gets past the guard", () => {
  const strange = fc.oneof(
    fc.constant(null),
    fc.constantFrom(
      "http://localhost:7420.evil.test",
      "http://localhost",
      "http://127.0.0.1:74200",
      "null",
      "file://",
    ),
    fc.webUrl(),
    fc.string(),
  );
  fc.assert(
    fc.property(
      fc.constantFrom("POST", "PUT", "DELETE", "PATCH"),
      fc.oneof(fc.constant("localhost:7420"), fc.string()),
      strange,
      (method, host, origin) => {
        const verdict = guard({ method, host, origin, fetchSite: null }, 7420);
        assert.equal(
          verdict.ok,
          ["localhost:7420", "127.0.0.1:7420", "[::1]:7420"].includes(host.toLowerCase()) &&
            origin === `http://${host.toLowerCase()}`,
        );
      },
    ),
  );
});

test("huge and malformed bodies get a plain answer", async () => {
  const both = await signIn();
  const huge = await ask("/rpc/chat/send", {
    method: "POST",
    headers: { ...both, "content-length": "2000000" },
    body: "x".repeat(2_000_000),
  });
  assert.equal(huge.status, 413);
  assert.equal(((await huge.json()) as { code: string }).code, "TOO_LARGE");
  assert.equal(
    (await ask("/session/login", { method: "POST", headers: ours, body: "{not json" })).status,
    401,
  );
});

test("only the page's own files are served, with the policy on every answer", async () => {
  for (const path of [
    "/",
    "/keys",
    "/chat/agent:main:x",
    "/assets/a.js",
    "/nothing.js",
    "/../secret.txt",
    "/%2e%2e/secret.txt",
    "/..%2fsecret.txt",
    "/assets/%00.js",
    "/%",
  ]) {
    const answer = await ask(path);
    assert.ok(!(await answer.text()).includes("secret"), path);
    assert.match(answer.headers.get("content-security-policy") ?? "", /default-src 'none'/);
    assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
    assert.equal(answer.headers.get("referrer-policy"), "no-referrer");
  }
  assert.equal((await ask("/nothing.js")).status, 404);
  assert.match(await (await ask("/keys")).text(), /SmartClaw/);
});

test("the page listens on loopback only, and a taken port is said", async () => {
  const listening = await listenOnLoopback(listenerOf(app), null);
  const outside = Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? []).filter(({ internal, family }) => !internal && family === "IPv4"),
  );
  for (const { address } of outside)
    await assert.rejects(
      fetch(`http://${address}:${listening.port}/healthz`, { signal: AbortSignal.timeout(2_000) }),
    );
  await assert.rejects(listenOnLoopback(listenerOf(app), listening.port), { code: "PORT_IN_USE" });
  await listening.close();
});

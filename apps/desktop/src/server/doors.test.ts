import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { ErrorReport, Log } from "@smartclaw/contracts";
import { createBrowserDoor, createSocketDoor } from "./doors.ts";
import { securityHeaders } from "./headers.ts";
import { listenOnLoopback } from "./listen.ts";
import type { RpcHandler } from "./rpc.ts";
import { createSessions } from "./sessions.ts";
import { createStaticFiles } from "./static-files.ts";
import { type Answer, serve, type Served } from "./testing/serve.ts";

const silent: Log = { info() {}, warn() {}, error() {} };
const folder = mkdtempSync(join(tmpdir(), "sc-doors-"));
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
/** What came through to the API. */
let calls: string[] = [];
const rpc: RpcHandler = ({ url = "" }, response) => {
  calls.push(url);
  if (url.endsWith("/broken")) return Promise.reject(new Error("sk-secret"));
  if (url.endsWith("/unknown")) return Promise.resolve(false);
  response.end("called");
  return Promise.resolve(true);
};
const browser: Served = await serve(
  createBrowserDoor({ port: () => browser.port, sessions, rpc, page: createStaticFiles(site) }),
);
const socket = await serve(createSocketDoor({ rpc }));
after(() => {
  browser.close();
  socket.close();
  rmSync(folder, { recursive: true });
});

const { ask } = browser;
const ours = {
  origin: `http://localhost:${browser.port}`,
  "sec-fetch-site": "same-origin",
  "content-type": "application/json",
};
const shutDown = (headers: Record<string, string | string[]>, method = "POST") =>
  ask("/rpc/system/shutdown", { method, headers, body: "{}" });

async function signIn(): Promise<typeof ours & { cookie: string; "x-smartclaw-proof": string }> {
  const body = JSON.stringify({ token: sessions.link().token });
  const answer = await ask("/session/login", { method: "POST", headers: ours, body });
  assert.equal(answer.status, 200);
  const cookie = answer.headers["set-cookie"]?.[0] ?? "";
  assert.match(cookie, /HttpOnly/);
  assert.match(cookie, /SameSite=Strict/);
  const { proof } = JSON.parse(answer.text) as { proof: string };
  return { ...ours, cookie: cookie.split(";")[0] ?? "", "x-smartclaw-proof": proof };
}

function refused({ status, text }: Answer, expected: number, code: ErrorReport["code"]): void {
  assert.equal(status, expected);
  const report = JSON.parse(text) as ErrorReport;
  assert.equal(report.code, code);
  assert.ok(report.message.length > 0 && report.next.length > 0);
}

test("a link works once and for ten minutes", async () => {
  const { token } = sessions.link();
  const body = JSON.stringify({ token });
  const login = () => ask("/session/login", { method: "POST", headers: ours, body });
  assert.equal((await login()).status, 200);
  refused(await login(), 401, "UNAUTHENTICATED");
  const { token: old } = sessions.link();
  now += 11 * 60_000;
  assert.equal(sessions.login(old), null);
  assert.equal(sessions.login("guessed"), null);
});

test("the API answers to who holds both halves of a session", async () => {
  const both = await signIn();
  const { cookie, "x-smartclaw-proof": proof, ...neither } = both;
  const name = cookie.split("=")[0] ?? "";
  const other = await signIn();
  calls = [];
  refused(await shutDown(neither), 401, "UNAUTHENTICATED");
  for (const halves of [
    { cookie },
    { "x-smartclaw-proof": proof },
    { cookie: `${name}=`, "x-smartclaw-proof": proof },
    { cookie: `x${cookie}`, "x-smartclaw-proof": proof },
    { cookie: `${name}=guessed; ${cookie}`, "x-smartclaw-proof": proof },
    { cookie, "x-smartclaw-proof": [proof, proof] },
    { cookie: other.cookie, "x-smartclaw-proof": proof },
  ])
    refused(await shutDown({ ...neither, ...halves }), 401, "UNAUTHENTICATED");
  assert.deepEqual(calls, []);
  assert.equal((await shutDown(both)).status, 200);
  assert.equal((await shutDown({ ...both, cookie: `theme=dark; ${cookie}` })).status, 200);

  const stored = readFileSync(file, "utf8");
  assert.ok(!stored.includes(proof) && !stored.includes(cookie.split("=")[1] ?? "-"));
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.ok(newSessions().valid(cookie.split("=")[1], proof), "a restart keeps the session");
  const logout = (headers: Record<string, string>) => ask("/session/logout", { method: "POST", headers });
  for (const half of [{}, { cookie }, { "x-smartclaw-proof": proof }])
    refused(await logout({ ...neither, ...half }), 401, "UNAUTHENTICATED");
  assert.equal((await logout(both)).status, 200);
  refused(await shutDown(both), 401, "UNAUTHENTICATED");
});

test("nothing is changed by GET, and other pages and other names are refused", async () => {
  const both = await signIn();
  const { origin: _origin, ...without } = both;
  const { port } = browser;
  calls = [];
  for (const method of ["GET", "PUT", "DELETE", "OPTIONS"])
    refused(await shutDown(both, method), 405, "BAD_REQUEST");
  assert.equal((await shutDown(both, "HEAD")).status, 405);
  const attempts: [Record<string, string | string[]>, number][] = [
    [{ ...both, origin: "http://localhost:3000" }, 403],
    [{ ...both, origin: "https://evil.test" }, 403],
    [{ ...both, origin: "null" }, 403],
    [{ ...both, origin: [ours.origin, "https://evil.test"] }, 403],
    [without, 403],
    [{ ...both, "sec-fetch-site": "same-site" }, 403],
    [{ ...both, "sec-fetch-site": "cross-site" }, 403],
    [{ ...both, host: `evil.test:${port}` }, 421],
    [{ ...both, host: `localhost:${port + 1}` }, 421],
  ];
  for (const [headers, status] of attempts)
    for (const path of ["/rpc/system/shutdown", "/session/logout", "/rpc"]) {
      const answer = await ask(path, { method: "POST", headers, body: "{}" });
      refused(answer, status, "FORBIDDEN");
    }
  // Before who asks and what for: another page learns nothing.
  refused(await shutDown({ origin: "https://evil.test" }), 403, "FORBIDDEN");
  refused(await shutDown({ ...both, origin: "https://evil.test" }, "GET"), 403, "FORBIDDEN");
  assert.deepEqual(calls, []);
  assert.equal((await shutDown(both)).status, 200);
});

test("no spelling of an address reaches the API without a session", async () => {
  calls = [];
  for (const path of [
    "/rpc",
    "/rpc/",
    "/rpc?x",
    "/rpc//system/shutdown",
    "//rpc/system/shutdown",
    "/./rpc/system/shutdown",
    "/x/../rpc/system/shutdown",
    "/%72pc/system/shutdown",
    "/rpc%2fsystem/shutdown",
    "/RPC/system/shutdown",
    "/rpc/../session/../rpc/system/shutdown",
    `http://localhost:${browser.port}/rpc/system/shutdown`,
  ]) {
    const { status } = await ask(path, { method: "POST", headers: ours, body: "{}" });
    assert.ok(status === 401 || status === 405, `${path}: ${status}`);
  }
  assert.deepEqual(calls, []);
});

test("a request with two names or two lengths is refused", async () => {
  const { cookie, "x-smartclaw-proof": proof } = await signIn();
  const send = (more: string) =>
    browser.raw(
      [
        "POST /rpc/system/shutdown HTTP/1.1",
        `Host: localhost:${browser.port}`,
        `Origin: ${ours.origin}`,
        `Cookie: ${cookie}`,
        `X-SmartClaw-Proof: ${proof}`,
        "Connection: close",
        more,
        "",
        "0",
        "",
        "",
      ].join("\r\n"),
    );
  calls = [];
  assert.match(await send("Transfer-Encoding: chunked\r\nHost: evil.test"), /^HTTP\/1\.1 421 /);
  for (const lengths of [
    "Content-Length: 4\r\nTransfer-Encoding: chunked",
    "Content-Length: 4\r\nContent-Length: 5",
    "Transfer-Encoding: x, chunked, x",
  ])
    assert.match(await send(lengths), /^HTTP\/1\.1 400 /, lengths);
  assert.deepEqual(calls, []);
  assert.match(await send("Transfer-Encoding: chunked"), /^HTTP\/1\.1 200 /);
});

test("the sign-in refuses huge and malformed bodies", async () => {
  const login = (body: string | string[]) => ask("/session/login", { method: "POST", headers: ours, body });
  refused(await login("{not json"), 401, "UNAUTHENTICATED");
  refused(await login("x".repeat(2_000_000)), 413, "TOO_LARGE");
  refused(await login(Array.from({ length: 40 }, () => "x".repeat(50_000))), 413, "TOO_LARGE");
});

test("only the page's own files are served", async () => {
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
  ])
    assert.ok(!(await ask(path)).text.includes("secret"), path);
  assert.equal((await ask("/nothing.js")).status, 404);
  assert.match((await ask("/keys")).text, /SmartClaw/);
});

test("the policy is on every answer, and nobody keeps one but of what never changes", async () => {
  const both = await signIn();
  const answers: [number, Answer][] = [
    [200, await ask("/")],
    [404, await ask("/nothing.js")],
    [200, await ask("/healthz")],
    [401, await ask("/session/login", { method: "POST", headers: ours, body: "{}" })],
    [405, await ask("/keys", { method: "POST", headers: ours })],
    [421, await ask("/", { headers: { host: "evil.test" } })],
    [400, await ask("http://[/", {})],
    [200, await shutDown(both)],
    [401, await shutDown(ours)],
    [403, await shutDown({ ...both, origin: "https://evil.test" })],
    [405, await shutDown(both, "GET")],
    [404, await ask("/rpc/unknown", { method: "POST", headers: both, body: "{}" })],
    [500, await ask("/rpc/broken", { method: "POST", headers: both, body: "{}" })],
    [200, await socket.ask("/rpc/system/status", { method: "POST" })],
    [404, await socket.ask("/", {})],
  ];
  for (const [status, answer] of answers) {
    assert.equal(answer.status, status, answer.text);
    for (const [name, value] of Object.entries(securityHeaders)) assert.equal(answer.headers[name], value);
    assert.equal(answer.headers["cache-control"], "no-store");
  }
  const asset = await ask("/assets/a.js");
  assert.match(asset.headers["cache-control"] ?? "", /immutable/);
  assert.equal(asset.headers["content-security-policy"], securityHeaders["content-security-policy"]);
});

test("the socket asks for no session, and has nothing but the API", async () => {
  calls = [];
  assert.equal((await socket.ask("/rpc/system/status", { method: "POST", body: "{}" })).text, "called");
  refused(await socket.ask("/rpc/unknown", { method: "POST" }), 404, "NOT_FOUND");
  assert.deepEqual(calls, ["/rpc/system/status", "/rpc/unknown"]);
  refused(await socket.ask("/rpc/system/shutdown"), 405, "BAD_REQUEST");
  for (const path of ["/", "/healthz", "/session/login"])
    refused(await socket.ask(path, { method: "POST", body: "{}" }), 404, "NOT_FOUND");
  assert.equal(calls.length, 2);
});

test("a fault that nobody expected is told without its text", async () => {
  const answer = await socket.ask("/rpc/broken", { method: "POST" });
  refused(answer, 500, "INTERNAL");
  assert.ok(!answer.text.includes("sk-secret"));
});

test("the page listens on loopback only, and a taken port is said", async () => {
  const door = createBrowserDoor({ port: () => 0, sessions, rpc, page: createStaticFiles(site) });
  const listening = await listenOnLoopback(door, null);
  const outside = Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? []).filter(({ internal, family }) => !internal && family === "IPv4"),
  );
  for (const { address } of outside)
    await assert.rejects(
      fetch(`http://${address}:${listening.port}/healthz`, { signal: AbortSignal.timeout(2_000) }),
    );
  await assert.rejects(listenOnLoopback(door, listening.port), { code: "PORT_IN_USE" });
  await listening.close();
});

import assert from "node:assert/strict";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { after, test } from "node:test";
import {
  connectionId,
  type ErrorReport,
  type Log,
  type ModelApi,
  Secret,
  SmartClawError,
} from "@smartclaw/contracts";
import { makeTestCertificates } from "../testing/certificates.ts";
import { type ProviderStandIn, startProviderStandIn } from "../testing/provider-standin.ts";
import { recordingLedger } from "../testing/recording-ledger.ts";
import { createModelProxy } from "./model-proxy.ts";
import { doorPath } from "./routes.ts";

const silent: Log = { info() {}, warn() {}, error() {} };
const realKey = "sk-real-key-of-the-user-0123456789";
const token = Secret.fromText("token-of-this-start");
const apis: Readonly<Record<ModelApi, { operation: string; base: string }>> = {
  "openai-completions": { operation: "/chat/completions", base: "/v1" },
  "openai-responses": { operation: "/responses", base: "/v1" },
  "anthropic-messages": { operation: "/v1/messages", base: "" },
  "google-generative-ai": { operation: "/models/standin-1:streamGenerateContent?alt=sse", base: "/v1beta" },
};

const standIn = await startProviderStandIn({ key: realKey });
const closers: (() => Promise<void>)[] = [() => standIn.close()];
after(() => Promise.all(closers.map((close) => close())));

async function startProxy(
  options: {
    provider?: ProviderStandIn;
    key?: () => Secret | null;
    api?: ModelApi;
    baseUrl?: string;
    patience?: { firstByteMs: number; idleMs: number };
    ca?: string[];
    lookup?: never;
  } = {},
) {
  const api = options.api ?? "openai-completions";
  const id = connectionId.parse("test");
  const ledger = recordingLedger();
  const faults: ErrorReport[] = [];
  const outcomes: { conversation: string | null; outcome: string }[] = [];
  const baseUrl = options.baseUrl ?? (options.provider ?? standIn).url + apis[api].base;
  const route = { id, label: "Test", api, baseUrl, model: "standin-1" };
  const proxy = createModelProxy({
    token,
    route: (wanted) => (wanted === "test" ? route : null),
    keyFor: options.key ?? (() => Secret.fromText(realKey)),
    needsKey: () => true,
    onFault({ conversation }, report) {
      faults.push(report);
      outcomes.push({ conversation, outcome: report.code });
    },
    onAnswer: ({ conversation }) => void outcomes.push({ conversation, outcome: "answered" }),
    ledger,
    clock: { now: () => Date.now() },
    log: silent,
    processes: { client: () => "test", self: "test-self" },
    ...(options.patience === undefined ? {} : { patience: options.patience }),
    ...(options.ca === undefined ? {} : { ca: options.ca }),
    ...(options.lookup === undefined ? {} : { lookup: options.lookup }),
  });
  const port = await proxy.listen();
  closers.push(() => proxy.close());
  const post = (operation: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}${doorPath({ id })}${operation}`, {
      method: "POST",
      headers: { authorization: "Bearer token-of-this-start", "content-type": "application/json" },
      body: JSON.stringify({ model: "standin-1", stream: true, messages: [] }),
      ...init,
    });
  return { proxy, port, ledger, route, post, faults, outcomes };
}

for (const [api, { operation }] of Object.entries(apis) as [ModelApi, { operation: string }][]) {
  test(`${api}: the real key goes to the provider, the token and fingerprints do not`, async () => {
    const { post, ledger } = await startProxy({ api });
    standIn.script({ kind: "answer", text: "one two three" });
    const answer = await post(operation, {
      headers: {
        "x-api-key": "token-of-this-start",
        "content-type": "application/json",
        traceparent: "00-aa-bb-01",
        "x-stainless-os": "Linux",
        "x-goog-api-client": "genai",
        cookie: "a=b",
      },
    });
    assert.equal(answer.status, 200);
    const text = await answer.text();
    for (const word of ["one", "two", "three"]) assert.match(text, new RegExp(word));
    const seen = standIn.requests.at(-1)!;
    const sent = JSON.stringify(seen.headers);
    assert.ok(sent.includes(realKey));
    for (const leak of ["token-of-this-start", "traceparent", "stainless", "genai", "cookie"])
      assert.ok(!sent.includes(leak), leak);
    assert.ok(!seen.path.includes("key="));
    await new Promise((resolve) => setTimeout(resolve, 20));
    const row = ledger.rows.at(-1)!;
    assert.equal(row.outcome, "ended");
    assert.ok(row.sent > 0);
    assert.equal(row.received, Buffer.byteLength(text));
  });

  test(`${api}: faults of the provider come at once, as one sentence in the protocol's own shape`, async () => {
    const { post, faults } = await startProxy({ api });
    for (const [status, words] of [
      [401, /refused the key/],
      [429, /takes no more/],
      [500, /fault of its own/],
      [404, /does not know/],
    ] as const) {
      standIn.script({
        kind: "status",
        status,
        body: JSON.stringify({ error: { message: `bad ${realKey} and sk-pro***1234` } }),
      });
      const answer = await post(operation);
      const text = await answer.text();
      assert.equal(answer.status, 400);
      assert.match(faults.at(-1)?.message ?? "", words);
      assert.match(text, words);
      assert.ok(!text.includes(realKey) && !text.includes("1234"));
      assert.equal(answer.headers.get("x-should-retry"), "false");
    }
    standIn.script({ kind: "garbage" });
    assert.match(await (await post(operation)).text(), /not an answer/);
    standIn.script({ kind: "break", text: "a b c d e f g h" });
    assert.match(await (await post(operation)).text(), /broke off in the middle/);
  });

  test(`${api}: a check is one real completion`, async () => {
    const { proxy, route } = await startProxy({ api });
    const good = await proxy.check({ ...route, key: Secret.fromText(realKey) });
    assert.equal(good.ok, true);
    const bad = await proxy.check({ ...route, key: Secret.fromText("sk-wrong") });
    assert.equal(bad.ok, false);
    if (!bad.ok) {
      assert.equal(bad.error.code, "KEY_REJECTED");
      assert.ok(!JSON.stringify(bad).includes("sk-wrong"));
    }
    standIn.script({ kind: "status", status: 200, body: '{"hello":"world"}' });
    const odd = await proxy.check({ ...route, key: Secret.fromText(realKey) });
    assert.equal(odd.ok ? "" : odd.error.code, "PROVIDER_GARBAGE");
    const listed = await proxy.listModels({ ...route, key: Secret.fromText(realKey) });
    assert.deepEqual(listed, { models: ["standin-1"], fault: null });
    const refused = await proxy.listModels({ ...route, key: Secret.fromText("sk-wrong") });
    assert.equal(refused.fault?.code, "KEY_REJECTED");
  });
}

test("nothing passes without the token, on another path, method or host, or from a web page", async () => {
  const { post, port, proxy } = await startProxy();
  const before = standIn.requests.length;
  const headers = { "content-type": "application/json" };
  assert.equal((await post("/chat/completions", { headers })).status, 401);
  assert.equal(
    (await post("/chat/completions", { headers: { ...headers, authorization: "Bearer token-of-this-star" } }))
      .status,
    401,
  );
  assert.equal((await post("/files")).status, 403);
  assert.equal((await post("/chat/completions/../files")).status, 403);
  assert.equal((await post("/chat/completions", { method: "PUT" })).status, 405);
  assert.equal(
    (
      await post("/chat/completions", {
        headers: { authorization: "Bearer token-of-this-start", origin: "http://evil.test" },
      })
    ).status,
    403,
  );
  const rebound = await new Promise<number>((resolve) =>
    httpRequest(
      {
        port,
        path: "/c/test/chat/completions",
        method: "POST",
        headers: { host: "evil.test", authorization: "Bearer token-of-this-start" },
      },
      (answer) => resolve(answer.statusCode ?? 0),
    ).end(),
  );
  assert.equal(rebound, 421);
  assert.equal(standIn.requests.length, before);
  assert.ok(proxy.stats().refused >= 7);
});

test("bytes that are no HTTP get a plain refusal and harm nobody", async () => {
  const { port, post } = await startProxy();
  for (const bytes of [
    "\0\0\0\r\n\r\n",
    "GET\r\n\r\n",
    `POST / HTTP/1.1\r\nhost: x\r\nx: ${"a".repeat(70_000)}\r\n\r\n`,
  ]) {
    const text = await new Promise<string>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
      let got = "";
      socket.on("data", (chunk) => (got += chunk.toString()));
      socket.on("error", () => {});
      socket.on("close", () => resolve(got));
    });
    assert.match(text, /^(HTTP\/1\.1 4\d\d|$)/);
  }
  assert.equal((await post("/chat/completions")).status, 200);
});

test("stopping reaches the provider within moments", async () => {
  const { post } = await startProxy();
  standIn.script({ kind: "answer", text: "word ".repeat(1000), chunkDelayMs: 5 });
  const controller = new AbortController();
  const answer = await post("/chat/completions", { signal: controller.signal });
  const reader = answer.body!.getReader();
  await reader.read();
  const stoppedAt = Date.now();
  controller.abort();
  const seen = standIn.requests.at(-1)!;
  while (seen.closedAt === null && Date.now() - stoppedAt < 2000)
    await new Promise((resolve) => setTimeout(resolve, 5));
  assert.ok(seen.closedAt !== null && seen.closedAt - stoppedAt < 500);
});

test("a deleted key is forgotten: the running answer is cut, the next request has none", async () => {
  let key: Secret | null = Secret.fromText(realKey);
  const { post, proxy } = await startProxy({ key: () => key });
  standIn.script({ kind: "answer", text: "word ".repeat(1000), chunkDelayMs: 5 });
  const answer = await post("/chat/completions");
  const reader = answer.body!.getReader();
  await reader.read();
  key = null;
  proxy.forget("test", "deleted");
  let rest = "";
  for (let part = await reader.read(); !part.done; part = await reader.read())
    rest += new TextDecoder().decode(part.value);
  assert.match(rest, /key of this connection was deleted/);
  const before = standIn.requests.length;
  assert.match(await (await post("/chat/completions")).text(), /key of this connection was deleted/);
  assert.equal(standIn.requests.length, before);
});

test("each outcome is told with its conversation, also where the provider was not asked", async () => {
  let open = true;
  const { post, outcomes } = await startProxy({
    key() {
      if (open) return Secret.fromText(realKey);
      throw new SmartClawError("VAULT_LOCKED", "The vault is locked.", "Open it on the Keys page.");
    },
  });
  const ask = async (conversation: string): Promise<void> => {
    const prompt = `hello\n\nRuntime: agent=main | session=${conversation} | sessionId=1 | host=vm`;
    // Large, so that a fault is at hand before the whole request is.
    const messages = [
      { role: "user", content: "x".repeat(2_000_000) },
      { role: "user", content: prompt },
    ];
    const body = JSON.stringify({ model: "standin-1", stream: true, messages });
    await (await post("/chat/completions", { body })).text();
  };
  await ask("agent:main:one");
  standIn.script({ kind: "status", status: 401 });
  await ask("agent:main:two");
  standIn.script({ kind: "break", text: "a b c d e f g h" });
  await ask("agent:main:three");
  open = false;
  await ask("agent:main:four");
  await (await post("/chat/completions")).text();
  assert.deepEqual(outcomes, [
    { conversation: "agent:main:one", outcome: "answered" },
    { conversation: "agent:main:two", outcome: "KEY_REJECTED" },
    { conversation: "agent:main:three", outcome: "PROVIDER_CUT_OFF" },
    { conversation: "agent:main:four", outcome: "VAULT_LOCKED" },
    { conversation: null, outcome: "VAULT_LOCKED" },
  ]);
});

test("a locked vault is told in words", async () => {
  const { post } = await startProxy({
    key: () => {
      throw new SmartClawError("VAULT_LOCKED", "The vault is locked.", "Open it on the Keys page.");
    },
  });
  const answer = await post("/chat/completions");
  assert.equal(answer.status, 400);
  assert.match(await answer.text(), /The vault is locked\. Open it/);
});

test("a provider that hangs, is down or is not there is told within its time", async () => {
  const hanging = await startProxy({ patience: { firstByteMs: 200, idleMs: 200 } });
  standIn.script({ kind: "hang" });
  const started = Date.now();
  assert.match(await (await hanging.post("/chat/completions")).text(), /did not answer in time/);
  assert.ok(Date.now() - started < 2000);
  const down = await startProxy({ baseUrl: "http://127.0.0.1:1/v1" });
  const answer = await down.post("/chat/completions");
  assert.equal(answer.status, 400);
  assert.match(await answer.text(), /cannot be reached/);
});

test("a body over the limit is refused before it is sent", async () => {
  const { port } = await startProxy();
  const status = await new Promise<number>((resolve) => {
    const request = httpRequest(
      {
        port,
        path: "/c/test/chat/completions",
        method: "POST",
        headers: { authorization: "Bearer token-of-this-start", "content-length": 65 * 1024 * 1024 },
      },
      (answer) => resolve(answer.statusCode ?? 0),
    );
    request.on("error", () => {});
    request.flushHeaders();
  });
  assert.equal(status, 400);
});

test("TLS: the provider must prove its name; its certificate is in the ledger", async () => {
  const good = await makeTestCertificates(["localhost", "127.0.0.1"]);
  const secured = await startProviderStandIn({ key: realKey, tls: good });
  closers.push(() => secured.close());
  const trusted = await startProxy({ provider: secured, ca: [good.ca] });
  const answer = await trusted.post("/chat/completions");
  assert.equal(answer.status, 200);
  await answer.text();
  assert.match(trusted.ledger.rows.at(-1)!.peer ?? "", /^[0-9a-f]{64}$/);
  // A second connection to the same provider, after the first was closed.
  secured.closeConnections();
  await (await trusted.post("/chat/completions")).text();
  assert.match(trusted.ledger.rows.at(-1)!.peer ?? "", /^[0-9a-f]{64}$/);

  const before = secured.requests.length;
  const untrusted = await startProxy({ provider: secured });
  assert.match(await (await untrusted.post("/chat/completions")).text(), /could not prove who it is/);
  const other = await makeTestCertificates(["someone-else.test"]);
  const impostor = await startProviderStandIn({ key: realKey, tls: other });
  closers.push(() => impostor.close());
  const wrongName = await startProxy({ provider: impostor, ca: [other.ca] });
  assert.match(await (await wrongName.post("/chat/completions")).text(), /could not prove who it is/);
  assert.equal(secured.requests.length, before);
  assert.equal(impostor.requests.length, 0);
});

test("a public name that leads into a private network gets nothing, plain HTTP only loopback", async () => {
  const lookup = ((_host: string, _options: object, callback: (e: null, a: object[]) => void) =>
    callback(null, [{ address: "127.0.0.1", family: 4 }])) as never;
  const rebound = await startProxy({ baseUrl: `https://api.example.org:${standIn.port}/v1`, lookup });
  assert.match(await (await rebound.post("/chat/completions")).text(), /private network/);
  const plain = await startProxy({ baseUrl: "http://api.example.org/v1", lookup });
  const before = standIn.requests.length;
  assert.match(await (await plain.post("/chat/completions")).text(), /without encryption/);
  assert.equal(standIn.requests.length, before);
});

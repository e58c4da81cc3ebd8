import assert from "node:assert/strict";
import { createServer } from "node:net";
import { after, afterEach, test } from "node:test";
import fc from "fast-check";
import { type LedgerEntry, type LedgerWriter, releaseVersion, SmartClawError } from "@smartclaw/contracts";
import { type RegistryFault, startRegistryStandIn } from "../testing/registry-stand-in.ts";
import { createRegistry } from "./registry.ts";

type Row = Pick<LedgerEntry, "door" | "process" | "host" | "port" | "reason"> & {
  received: number;
  outcome: string;
};

function recordingLedger(): LedgerWriter & { rows: Row[] } {
  const rows: Row[] = [];
  return {
    rows,
    refuse: (entry) => void rows.push({ ...entry, received: 0, outcome: "refused" }),
    begin(entry) {
      const row = { ...entry, received: 0, outcome: "open" };
      rows.push(row);
      const finish = (outcome: string): void => {
        if (row.outcome === "open") row.outcome = outcome;
      };
      return {
        connected() {},
        count: ({ received = 0 }) => void (row.received += received),
        end: () => finish("ended"),
        fail: (reason) => finish(`failed: ${reason}`),
      };
    },
  };
}

const standIn = await startRegistryStandIn();
after(() => standIn.close());
afterEach(() => standIn.misbehave(null));
standIn.publish("2026.9.6", { node: ">=24.16.0 <25 || >=26.1.0", schemaVersions: { state: 18, agent: 23 } });

function open(options: { registry?: string; fetch?: typeof fetch } = {}) {
  const ledger = recordingLedger();
  standIn.requests.length = 0;
  const registry = createRegistry({
    registry: options.registry ?? standIn.url,
    fetch: options.fetch ?? fetch,
    ledger,
    processName: "smartclaw-daemon (1)",
  });
  return { registry, ledger };
}

const never = new AbortController().signal;

async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1000 && !condition(); turn += 1)
    await new Promise((resolve) => setTimeout(resolve, 5));
  assert.ok(condition(), "it did not come to that");
}

/** The fault that a question ends with; told for people, and written to the ledger as it is. */
async function faultOf(
  question: Promise<unknown>,
  ledger: ReturnType<typeof recordingLedger>,
): Promise<SmartClawError> {
  const error: unknown = await question.then(
    () => assert.fail("it was answered"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof SmartClawError, String(error));
  assert.match(error.message, /^SmartClaw could not look for a newer OpenClaw, because .*[^.]\.$/);
  assert.equal(error.next, "Nothing was changed; it is tried again at the next look.");
  for (const row of ledger.rows) assert.equal(row.outcome, `failed: ${error.message}`);
  return error;
}

test("the newest release, with the bytes that came and a row in the ledger", async () => {
  const { registry, ledger } = open();
  const newest = await registry.newest(never);
  const body = '{"latest":"2026.9.6","beta":"2026.9.9-beta.1"}';
  assert.deepEqual(newest, { version: "2026.9.6", bytes: body.length });
  const { port } = new URL(standIn.url);
  assert.deepEqual(ledger.rows, [
    {
      door: "smartclaw",
      process: "smartclaw-daemon (1)",
      host: "127.0.0.1",
      port: Number(port),
      reason: "looking for a newer OpenClaw",
      received: body.length,
      outcome: "ended",
    },
  ]);
});

test("one release, as far as it matters for an update", async () => {
  const { registry, ledger } = open();
  const { bytes, ...release } = await registry.release("2026.9.6", never);
  assert.deepEqual(release, {
    version: "2026.9.6",
    node: ">=24.16.0 <25 || >=26.1.0",
    integrity: `sha512-${"A".repeat(86)}==`,
    schemaVersions: { state: 18, agent: 23 },
  });
  assert.ok(bytes > 200);
  assert.deepEqual(
    ledger.rows.map(({ received, outcome }) => [received, outcome]),
    [[bytes, "ended"]],
  );
});

test("a release that does not tell the versions of its databases has none", async (t) => {
  const { registry } = open();
  standIn.publish("2026.8.1", { schemaVersions: null });
  t.after(() => standIn.tag("2026.9.6"));
  assert.deepEqual((await registry.release("2026.8.1", never)).schemaVersions, {});
});

test("nothing about the user is sent, and nothing that was in the address", async () => {
  const { registry, ledger } = open({
    registry: `${standIn.url.replace("//", "//someone:hunter2@")}?token=hunter2#hunter2`,
  });
  await registry.newest(never);
  const [request] = standIn.requests;
  assert.equal(request?.path, "/-/package/openclaw/dist-tags");
  assert.equal(request.headers["user-agent"], "smartclaw");
  assert.equal(request.headers["accept-encoding"], "identity");
  assert.deepEqual(
    Object.keys(request.headers).toSorted(),
    // Those beyond our three are fetch's own, the same for everyone.
    ["accept", "accept-encoding", "accept-language", "connection", "host", "sec-fetch-mode", "user-agent"],
  );
  assert.doesNotMatch(JSON.stringify([standIn.requests, ledger.rows]), /hunter2|someone/);
});

test("the path of a private registry is kept, with and without a slash at its end", async (t) => {
  const below = await startRegistryStandIn({ prefix: "/artifacts/npm/" });
  t.after(() => below.close());
  below.publish("2026.9.6");
  for (const address of [below.url, below.url.slice(0, -1), `${below.url}/`]) {
    const { registry } = open({ registry: address });
    assert.equal((await registry.newest(never)).version, "2026.9.6");
    assert.equal((await registry.release("2026.9.6", never)).version, "2026.9.6");
  }
  assert.deepEqual(
    [...new Set(below.requests.map(({ path }) => path))],
    ["/artifacts/npm/-/package/openclaw/dist-tags", "/artifacts/npm/openclaw/2026.9.6"],
  );
});

const withoutAnswer: readonly [fault: RegistryFault, why: RegExp][] = [
  ["503", /answered with the error 503/],
  ["429", /answered with the error 429/],
  ["captive-portal", /something else answered for 127\.0\.0\.1, as a network does that wants you to sign in/],
  ["redirect", /passed SmartClaw on elsewhere/],
  ["garbage", /what 127\.0\.0\.1 sent cannot be read/],
  ["cut-off", /the connection to 127\.0\.0\.1 failed/],
  ["huge", /sent more than such an answer can be long/],
  ["gzip-bomb", /sent more than such an answer can be long/],
];
for (const [fault, why] of withoutAnswer)
  test(`a registry that misbehaves: ${fault}`, async () => {
    for (const question of ["newest", "release"] as const) {
      const { registry, ledger } = open();
      standIn.misbehave(fault);
      const asked = question === "newest" ? registry.newest(never) : registry.release("2026.9.6", never);
      const error = await faultOf(asked, ledger);
      assert.equal(error.code, "NETWORK_UNREACHABLE");
      assert.match(error.message, why);
      assert.equal(standIn.requests.length, 1, "it is not asked again, nor anyone else");
      assert.equal(ledger.rows.length, 1);
      await until(() => standIn.busy() === 0);
    }
  });

test("an answer without end is read no further than it can be long, and let go", async () => {
  for (const [question, limit] of [
    ["newest", 64 * 1024],
    ["release", 2 * 1024 * 1024],
  ] as const) {
    const { registry, ledger } = open();
    standIn.misbehave("huge");
    await faultOf(
      question === "newest" ? registry.newest(never) : registry.release("2026.9.6", never),
      ledger,
    );
    const received = ledger.rows[0]?.received ?? 0;
    assert.ok(received > limit && received < limit + 256 * 1024, `${received} bytes`);
    await until(() => standIn.busy() === 0);
  }
});

for (const fault of ["trickle", "silent"] as const)
  test(`20 seconds are enough for any answer, also a ${fault} one`, async (t) => {
    const deadline = new AbortController();
    const timeout = t.mock.method(AbortSignal, "timeout", () => deadline.signal);
    const { registry, ledger } = open();
    standIn.misbehave(fault);
    const sending = fault === "trickle" ? standIn.sending() : null;
    let settled = false;
    const asked = registry.newest(never).finally(() => (settled = true));
    const outcome = faultOf(asked, ledger);
    await until(() => standIn.requests.length > 0);
    await sending;
    assert.equal(settled, false);
    assert.deepEqual(
      timeout.mock.calls.map((call) => call.arguments),
      [[20_000]],
      "one deadline for the whole answer",
    );
    deadline.abort();
    const error = await outcome;
    assert.equal(error.code, "NETWORK_UNREACHABLE");
    assert.match(error.message, /127\.0\.0\.1 did not answer in full within 20 seconds/);
    await until(() => standIn.busy() === 0);
  });

test("a look that is called off ends at once, and is not blamed on the network", async () => {
  const { registry, ledger } = open();
  standIn.misbehave("silent");
  const stop = new AbortController();
  const asked = registry.newest(stop.signal);
  await until(() => standIn.requests.length > 0);
  stop.abort();
  await assert.rejects(asked, { code: "CANCELLED", message: "The look for a newer OpenClaw was stopped." });
  assert.equal(ledger.rows[0]?.outcome, "failed: The look for a newer OpenClaw was stopped.");
  await assert.rejects(registry.newest(stop.signal), { code: "CANCELLED" });
  assert.equal(ledger.rows.length, 1, "what never was a connection is not in the ledger");
});

test("a manifest of another package or another release is refused", async () => {
  for (const fault of ["wrong-name", "wrong-version"] as const) {
    const { registry, ledger } = open();
    standIn.misbehave(fault);
    const error = await faultOf(registry.release("2026.9.6", never), ledger);
    assert.equal(error.code, "UPDATE_REFUSED");
    assert.match(error.message, fault === "wrong-name" ? /\(name\)/ : /\(version\)/);
  }
});

test("a release that the registry does not have", async () => {
  const { registry, ledger } = open();
  const error = await faultOf(registry.release("2026.9.7", never), ledger);
  assert.equal(error.code, "NETWORK_UNREACHABLE");
  assert.match(error.message, /answered with the error 404/);
});

test("what is no version is refused, in an answer and in a question", async (t) => {
  t.after(() => standIn.tag("2026.9.6"));
  for (const text of [
    "",
    "latest",
    "../../etc",
    "2026.9",
    "2026.9.06",
    "2026.9.6\n",
    "v2026.9.6",
    "9".repeat(400),
  ]) {
    const { registry, ledger } = open();
    standIn.tag(text);
    assert.equal((await faultOf(registry.newest(never), ledger)).code, "UPDATE_REFUSED", text);
    await assert.rejects(registry.release(text, never), { code: "BAD_REQUEST" }, text);
    assert.equal(standIn.requests.length, 1, "no such path is asked for");
  }
});

/** A registry that gives this text, whatever it is asked. */
const saying =
  (text: string | Uint8Array<ArrayBuffer>, type = "application/json"): typeof fetch =>
  async () =>
    new Response(text, { headers: { "content-type": type } });

test("a manifest in which anything is missing or of another kind is refused", async () => {
  const good = {
    name: "openclaw",
    version: "1.2.3",
    engines: { node: ">=24" },
    dist: { integrity: `sha512-${"B".repeat(86)}==` },
    openclaw: { schemaVersions: { state: 1 } },
  };
  const bad: readonly unknown[] = [
    null,
    [],
    "openclaw",
    { ...good, engines: undefined },
    { ...good, engines: { node: "" } },
    { ...good, engines: { node: "new enough" } },
    { ...good, engines: { node: 24 } },
    { ...good, dist: undefined },
    { ...good, dist: { integrity: "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=" } },
    { ...good, dist: { integrity: `sha512-${"B".repeat(85)}` } },
    { ...good, dist: { integrity: `${good.dist.integrity} ${good.dist.integrity}` } },
    { ...good, openclaw: null },
    { ...good, openclaw: { schemaVersions: { state: "18" } } },
    { ...good, openclaw: { schemaVersions: { state: -1 } } },
    { ...good, openclaw: { schemaVersions: [18] } },
  ];
  const { registry } = open({ fetch: saying(JSON.stringify(good)) });
  assert.equal((await registry.release("1.2.3", never)).node, ">=24");
  for (const document of bad) {
    const { registry, ledger } = open({ fetch: saying(JSON.stringify(document)) });
    const error = await faultOf(registry.release("1.2.3", never), ledger);
    assert.equal(error.code, "UPDATE_REFUSED", JSON.stringify(document));
  }
});

test("whatever bytes are sent: a version, or a fault for people", async () => {
  const text = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((bytes) => new Uint8Array(bytes)),
    fc.json().map((json) => json),
    fc.string().map((latest) => JSON.stringify({ latest })),
    fc
      .stringMatching(/^\d{1,4}\.\d{1,2}\.\d{1,2}(-[a-z0-9.]{1,8})?$/)
      .map((latest) => JSON.stringify({ latest })),
  );
  await fc.assert(
    fc.asyncProperty(text, async (body) => {
      const { registry, ledger } = open({ fetch: saying(body) });
      const asked = registry.newest(never);
      const newest = await asked.catch(() => null);
      if (newest === null) await faultOf(asked, ledger);
      else assert.ok(releaseVersion.safeParse(newest.version).success);
    }),
    { numRuns: 300 },
  );
});

test("what is no text is not guessed at", async () => {
  const body = new Uint8Array(Buffer.from('{"latest":"1.2.3","note":"\u00ff"}', "latin1"));
  const { registry, ledger } = open({ fetch: saying(body) });
  assert.match((await faultOf(registry.newest(never), ledger)).message, /cannot be read/);
});

test("JSON by its other names is taken, and nothing else", async () => {
  const body = '{"latest":"1.2.3"}';
  for (const type of [
    "application/json; charset=utf-8",
    "application/vnd.npm.install-v1+json",
    "Application/JSON",
  ])
    assert.equal((await open({ fetch: saying(body, type) }).registry.newest(never)).version, "1.2.3");
  for (const type of ["text/html", "text/plain", "application/jsonp", "", "application/octet-stream"]) {
    const { registry, ledger } = open({ fetch: saying(body, type) });
    assert.equal((await faultOf(registry.newest(never), ledger)).code, "NETWORK_UNREACHABLE", type);
  }
});

test("no host, no port, no TLS: each is told, and https never becomes http", async () => {
  const closed = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => closed.once("listening", resolve));
  const address = closed.address();
  assert.ok(address !== null && typeof address === "object");
  await new Promise((resolve) => closed.close(resolve));
  for (const [registry, why] of [
    ["https://registry.invalid/", /registry\.invalid was not found; this computer may be offline/],
    [`http://127.0.0.1:${address.port}/`, /the connection to 127\.0\.0\.1 failed \(ECONNREFUSED\)/],
    [standIn.url.replace("http:", "https:"), /127\.0\.0\.1 could not prove who it is \(ERR_SSL/],
  ] as const) {
    const opened = open({ registry });
    const error = await faultOf(opened.registry.newest(never), opened.ledger);
    assert.equal(error.code, "NETWORK_UNREACHABLE");
    assert.match(error.message, why);
    assert.equal(opened.ledger.rows.length, 1);
  }
  assert.deepEqual(standIn.requests, []);
});

test("a certificate that does not hold is told as one", async () => {
  for (const code of [
    "CERT_HAS_EXPIRED",
    "DEPTH_ZERO_SELF_SIGNED_CERT",
    "SELF_SIGNED_CERT_IN_CHAIN",
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    "ERR_TLS_CERT_ALTNAME_INVALID",
  ]) {
    const failing = (): Promise<never> =>
      Promise.reject(
        new TypeError("fetch failed", { cause: Object.assign(new Error("secret address"), { code }) }),
      );
    const { registry, ledger } = open({ fetch: failing });
    const error = await faultOf(registry.newest(never), ledger);
    assert.match(error.message, new RegExp(`could not prove who it is \\(${code}\\)`));
    assert.doesNotMatch(error.message, /secret/);
  }
});

test("a setting that is no address fails the look, not the daemon", async () => {
  for (const registry of ["", "registry.npmjs.org", "file:///etc/passwd", "ftp://127.0.0.1/"]) {
    const opened = open({ registry });
    const error = await faultOf(opened.registry.newest(never), opened.ledger);
    assert.equal(error.code, "NETWORK_UNREACHABLE");
    assert.deepEqual(opened.ledger.rows, []);
  }
});

test("without a ledger nothing is asked", async () => {
  const full = new SmartClawError("DISK_FULL", "The ledger cannot be written.", "Free some space.");
  const { registry } = open();
  const unwritable = createRegistry({
    registry: standIn.url,
    fetch,
    ledger: {
      refuse() {},
      begin() {
        throw full;
      },
    },
    processName: "smartclaw-daemon (1)",
  });
  await assert.rejects(unwritable.newest(never), full);
  assert.deepEqual(standIn.requests, []);
  await registry.newest(never);
});

test("the real registry: a look that finds nothing takes at most 20 KB", async (t) => {
  const registry = process.env["npm_config_registry"] ?? "https://registry.npmjs.org/";
  const reachable = await fetch(`${registry.replace(/\/*$/, "/")}-/package/openclaw/dist-tags`, {
    signal: AbortSignal.timeout(10_000),
  })
    .then(async (response) => response.ok && (await response.json()) !== null)
    .catch(() => false);
  if (!reachable) return t.skip(`${registry} is not reachable from here`);
  const opened = open({ registry });
  const { version, bytes } = await opened.registry.newest(never);
  assert.ok(releaseVersion.safeParse(version).success, version);
  assert.ok(bytes > 0 && bytes <= 20 * 1024, `${bytes} bytes`);
  assert.equal(opened.ledger.rows[0]?.received, bytes);
  const release = await opened.registry.release(version, never);
  assert.equal(release.version, version);
  t.diagnostic(
    `newest ${version}: ${bytes} bytes; its manifest: ${release.bytes} bytes, Node ${release.node}`,
  );
});

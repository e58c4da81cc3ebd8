/** Whoever answers in the repository's place, with or without some of its keys. */
import assert from "node:assert/strict";
import { cpSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { after, beforeEach, test, type TestContext } from "node:test";
import { SmartClawError } from "@smartclaw/contracts";
import { MetaFile, Snapshot, Timestamp } from "@tufjs/models";
import fc from "fast-check";
import { createReleaseWorld, type ReleaseWorld } from "../testing/release-world.ts";
import { openFiles } from "./repository-files.ts";
import { refresh, rotateRoot } from "./repository.ts";

const never = new AbortController().signal;
const dayMs = 24 * 60 * 60 * 1000;
const clock = { now: () => Date.now() };
const worlds: ReleaseWorld[] = [];
let world: ReleaseWorld;
beforeEach(async () => {
  world = await createReleaseWorld();
  worlds.push(world);
});
after(() => Promise.all(worlds.map((one) => one.close())));

/** What a SmartClaw trusts. */
function trusted(name = "one"): Record<string, string> {
  const folder = join(world.folder, "smartclaws", name);
  const files = ["metadata", "roots"].flatMap((kind) =>
    readdirSync(join(folder, kind)).map((file) => join(kind, file)),
  );
  return Object.fromEntries(files.map((file) => [file, readFileSync(join(folder, file), "utf8")]));
}

/** A look after a restart that must fail, with nothing learned from it. */
async function refused(code: string, why: RegExp): Promise<void> {
  const before = trusted();
  const error: unknown = await world
    .smartclaw()
    .newest(never)
    .then(
      () => assert.fail("it was believed"),
      (reason: unknown) => reason,
    );
  assert.ok(error instanceof SmartClawError, String(error));
  assert.equal(error.code, code, error.message);
  assert.match(error.message, /^SmartClaw could not look for a newer SmartClaw, because .*[^.]\.$/);
  assert.match(error.message, why);
  assert.equal(error.next, "Nothing was changed; it is tried again at the next look.");
  assert.deepEqual(trusted(), before);
}

async function accepted(version: string): Promise<void> {
  assert.equal((await world.smartclaw().newest(never)).version, version);
}

const notSigned =
  /127\.0\.0\.1 gave is not signed by those whose releases SmartClaw trusts, or was changed afterwards/;
const older = /127\.0\.0\.1 gave an older list of releases than it did before/;
const runOut = /the signed list of releases at 127\.0\.0\.1 has run out/;

/** The repository as it is now, to be served later. */
function photograph(): string {
  const copy = join(world.folder, `copy-${readdirSync(world.folder).length}`);
  cpSync(world.public, copy, { recursive: true });
  return copy;
}

function edit(
  file: string,
  change: (metadata: { signatures: object[]; signed: Record<string, unknown> }) => void,
): void {
  const path = join(world.public, "metadata", file);
  const metadata = JSON.parse(readFileSync(path, "utf8"));
  change(metadata);
  writeFileSync(path, JSON.stringify(metadata));
}

test("rollback: older metadata that was good once is replayed", async () => {
  const old = photograph();
  world.publish("1.1.0");
  await accepted("1.1.0");
  world.server.serve(old);
  await refused("UPDATE_REFUSED", older);
  world.server.serve(world.public);
  await accepted("1.1.0");
});

test("rollback with a stolen timestamp key: a newer timestamp leads to an older snapshot", async () => {
  const files = openFiles(world.repository);
  const { snapshotMeta } = files.read().timestamp;
  world.publish("1.1.0");
  await accepted("1.1.0");
  const { root, timestamp } = files.read();
  const { version, specVersion, expires } = timestamp;
  files.write(
    "timestamp.json",
    "timestamp",
    new Timestamp({ version: version + 1, specVersion, expires, snapshotMeta }),
    [root],
  );
  await refused("UPDATE_REFUSED", older);
});

test("rollback with stolen timestamp and snapshot keys: a newer snapshot leads to older targets", async () => {
  const files = openFiles(world.repository);
  const { meta } = files.read().snapshot;
  world.publish("1.1.0");
  await accepted("1.1.0");
  const { root, timestamp, snapshot } = files.read();
  const { specVersion, expires } = timestamp;
  const version = snapshot.version + 1;
  files.write(`${version}.snapshot.json`, "snapshot", new Snapshot({ version, specVersion, expires, meta }), [
    root,
  ]);
  const snapshotMeta = new MetaFile({ version });
  files.write(
    "timestamp.json",
    "timestamp",
    new Timestamp({ version: timestamp.version + 1, specVersion, expires, snapshotMeta }),
    [root],
  );
  const error = await world
    .smartclaw()
    .newest(never)
    .then(
      () => null,
      (reason: SmartClawError) => reason,
    );
  assert.equal(error?.code, "UPDATE_REFUSED");
  assert.match(error.message, older);
  assert.match(trusted()["metadata/targets.json"] ?? "", /smartclaw-1\.1\.0/);
});

/** Lets `days` pass for SmartClaw. */
function later(t: TestContext, days: number): void {
  t.mock.timers.enable({ apis: ["Date"], now: Date.now() + days * dayMs });
}

test("freeze: the same metadata for a month is believed no longer, and no longer needed then", async (t) => {
  await accepted("1.0.0");
  later(t, 29);
  await accepted("1.0.0");
  t.mock.timers.reset();
  later(t, 31);
  await refused("UPDATE_REFUSED", runOut);
  refresh(world.repository, { clock });
  await accepted("1.0.0");
});

test("freeze: whoever sees it for the first time is not taken in either", async (t) => {
  later(t, 31);
  await assert.rejects(world.smartclaw().newest(never), { code: "UPDATE_REFUSED", message: runOut });
});

test("freeze with a stolen timestamp key: the snapshot runs out by itself", async (t) => {
  await accepted("1.0.0");
  later(t, 31);
  const files = openFiles(world.repository);
  const { root, timestamp } = files.read();
  const { specVersion, snapshotMeta } = timestamp;
  const expires = new Date(Date.now() + dayMs).toISOString();
  files.write(
    "timestamp.json",
    "timestamp",
    new Timestamp({ version: 99, specVersion, expires, snapshotMeta }),
    [root],
  );
  await assert.rejects(world.smartclaw().newest(never), { code: "UPDATE_REFUSED", message: runOut });
});

test("targets that have run out are not believed, however new the timestamp is", async (t) => {
  await accepted("1.0.0");
  later(t, 91);
  // `refresh` does not sign them anew without their key.
  const keys = join(world.repository, "keys");
  const key = readdirSync(keys).find((name) => name.startsWith("targets")) ?? "";
  renameSync(join(keys, key), join(world.folder, key));
  refresh(world.repository, { clock });
  await assert.rejects(world.smartclaw().newest(never), { code: "UPDATE_REFUSED", message: runOut });
  renameSync(join(world.folder, key), join(keys, key));
  refresh(world.repository, { clock });
  await accepted("1.0.0");
});

test("a root that has run out is not believed, and a newer one puts that right", async (t) => {
  await accepted("1.0.0");
  later(t, 366);
  refresh(world.repository, { clock });
  await refused("UPDATE_REFUSED", runOut);
  rotateRoot(world.repository, { clock, renew: ["root"] });
  await accepted("1.0.0");
});

test("a clock that is years behind believes what is good, and learns of newer releases", async (t) => {
  later(t, -3650);
  await accepted("1.0.0");
  t.mock.timers.reset();
  await accepted("1.0.0");
});

test("another repository, in every way a good one, but with other keys", async (t) => {
  const other = await createReleaseWorld();
  t.after(() => other.close());
  other.publish("9.9.9");
  await accepted("1.0.0");
  world.server.serve(other.public);
  await refused("UPDATE_REFUSED", notSigned);
  await assert.rejects(world.smartclaw("new").newest(never), { code: "UPDATE_REFUSED", message: notSigned });
  assert.deepEqual(trusted("new"), {});
});

test("one of two root keys is stolen: a root that it signs alone is not enough", async () => {
  await accepted("1.0.0");
  const before = JSON.parse(world.root);
  const oldKeys: string[] = before.signed.roles.root.keyids;
  rotateRoot(world.repository, { clock, renew: ["root", "targets", "snapshot", "timestamp"] });
  const whole = readFileSync(join(world.public, "metadata", "2.root.json"), "utf8");
  for (const missing of oldKeys) {
    edit("2.root.json", (root) => {
      root.signatures = root.signatures.filter((one) => (one as { keyid: string }).keyid !== missing);
    });
    await refused("UPDATE_REFUSED", notSigned);
    writeFileSync(join(world.public, "metadata", "2.root.json"), whole);
  }
  // The same key, counted twice.
  const [first = "", second = ""] = oldKeys;
  edit("2.root.json", (root) => {
    const one = root.signatures.find((one) => (one as { keyid: string }).keyid === first) as { sig: string };
    const others = root.signatures.filter((one) => (one as { keyid: string }).keyid !== second);
    root.signatures = [...others, { keyid: second, sig: one.sig }];
  });
  await refused("UPDATE_REFUSED", notSigned);
  writeFileSync(join(world.public, "metadata", "2.root.json"), whole);
  await accepted("1.0.0");
});

test("a root that the new keys have not signed themselves is not believed", async () => {
  await accepted("1.0.0");
  const oldKeys: string[] = JSON.parse(world.root).signed.roles.root.keyids;
  rotateRoot(world.repository, { clock, renew: ["root"] });
  edit("2.root.json", (root) => {
    root.signatures = root.signatures.filter((one) => oldKeys.includes((one as { keyid: string }).keyid));
  });
  await refused("UPDATE_REFUSED", notSigned);
});

test("a root is left out, or an old one comes under a new number", async () => {
  rotateRoot(world.repository, { clock, renew: ["root"] });
  await accepted("1.0.0");
  const metadata = join(world.public, "metadata");
  cpSync(join(metadata, "2.root.json"), join(metadata, "3.root.json"));
  await refused("UPDATE_REFUSED", notSigned);
  cpSync(join(metadata, "1.root.json"), join(metadata, "3.root.json"));
  await refused("UPDATE_REFUSED", notSigned);
});

/** Signs what leads to `role`, with the keys of those, so that no length and no hash stands in the way of another file. */
function leadTo(role: "timestamp" | "snapshot" | "targets"): void {
  const repository = openFiles(world.repository);
  const { root, snapshot, timestamp } = repository.read();
  const { specVersion, expires } = timestamp;
  let { version } = snapshot;
  if (role === "targets") {
    const meta = { "targets.json": new MetaFile({ version: snapshot.meta["targets.json"]?.version ?? 0 }) };
    const next = new Snapshot({ version: (version += 1), specVersion, expires, meta });
    repository.write(`${version}.snapshot.json`, "snapshot", next, [root]);
  }
  if (role === "timestamp") return;
  const snapshotMeta = new MetaFile({ version });
  const next = new Timestamp({ version: timestamp.version + 1, specVersion, expires, snapshotMeta });
  repository.write("timestamp.json", "timestamp", next, [root]);
}

for (const role of ["timestamp", "snapshot", "targets"] as const)
  test(`${role}: without its signature, with another key's, with anything changed`, async () => {
    const { root } = openFiles(world.repository).read();
    const otherKey = root.roles["root"]?.keyIDs[0] ?? "";
    world.publish("1.1.0");
    leadTo(role);
    const file = join(world.public, "metadata", role === "timestamp" ? "timestamp.json" : `3.${role}.json`);
    const text = readFileSync(file, "utf8");
    const { signatures, signed } = JSON.parse(text);
    const [signature] = signatures;
    const flipped = signature.sig.replace(/^./, (digit: string) => (digit === "0" ? "1" : "0"));
    const bad = [
      { signatures: [], signed },
      { signatures: [{ ...signature, keyid: otherKey }], signed },
      { signatures: [{ ...signature, sig: flipped }], signed },
      { signatures: [signature, signature], signed },
      { signatures, signed: { ...signed, expires: "2999-01-01T00:00:00Z" } },
      { signatures, signed: { ...signed, more: 1 } },
      { signatures, signed: null },
      { signatures },
      { signed },
      null,
    ];
    writeFileSync(file, JSON.stringify(bad[0]));
    // What leads to it is good, and stays.
    await assert.rejects(world.smartclaw().newest(never), { code: "UPDATE_REFUSED" });
    for (const metadata of bad) {
      writeFileSync(file, JSON.stringify(metadata));
      await refused("UPDATE_REFUSED", notSigned);
    }
    writeFileSync(file, text);
    await accepted("1.1.0");
  });

test("mix and match: parts of two states of the repository, each rightly signed", async () => {
  await accepted("1.0.0");
  const old = photograph();
  world.publish("1.1.0");
  const metadata = join(world.public, "metadata");
  for (const [newer, name] of [
    ["3.snapshot.json", "2.snapshot.json"],
    ["3.targets.json", "2.targets.json"],
  ] as const) {
    const whole = readFileSync(join(metadata, newer));
    cpSync(join(old, "metadata", name), join(metadata, newer));
    await assert.rejects(world.smartclaw().newest(never), { code: "UPDATE_REFUSED", message: notSigned });
    writeFileSync(join(metadata, newer), whole);
  }
  await accepted("1.1.0");
});

/** Each file of a first look, by a pattern of its path. */
const files = [
  /root\.json$/,
  /timestamp\.json$/,
  /snapshot\.json$/,
  /\/\d+\.targets\.json$/,
  /smartclaw\.json$/,
];

/** Lets `answer` stand in for one file. */
function instead(of: RegExp, answer: (response: ServerResponse) => void): void {
  world.server.misbehave((path, response) => {
    if (!of.test(path)) return false;
    answer(response);
    return true;
  });
}

/** A first look, with one file that is not as it should be. */
async function firstLook(code: string, why: RegExp): Promise<void> {
  const name = `new ${Math.random()}`;
  await assert.rejects(world.smartclaw(name).newest(never), { code, message: why });
  for (const text of Object.values(trusted(name))) assert.ok(JSON.parse(text).signatures.length > 0);
  world.server.misbehave(null);
  assert.equal((await world.smartclaw(name).newest(never)).version, "1.0.0");
}

test("a captive portal: its page in place of each file, called what it is or called JSON", async () => {
  const page = "<html>Welcome to the hotel</html>";
  for (const file of files) {
    instead(file, (response) =>
      response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(page),
    );
    await firstLook(
      "NETWORK_UNREACHABLE",
      /something else answered for 127\.0\.0\.1, as a network does that wants you to sign in/,
    );
    instead(file, (response) => response.writeHead(200, { "content-type": "application/json" }).end(page));
    await firstLook("UPDATE_REFUSED", /127\.0\.0\.1/);
    instead(file, (response) => response.writeHead(302, { location: `${world.server.url}elsewhere` }).end());
    await firstLook("NETWORK_UNREACHABLE", /passed SmartClaw on elsewhere/);
  }
});

test("errors of the server: each is told, except that there is no newer root", async () => {
  for (const file of files)
    for (const status of [403, 404, 503]) {
      instead(file, (response) => response.writeHead(status).end("{}"));
      if (file === files[0] && [403, 404].includes(status))
        assert.equal((await world.smartclaw(`new ${status}`).newest(never)).version, "1.0.0");
      else await firstLook("NETWORK_UNREACHABLE", new RegExp(`answered with the error ${status}`));
    }
});

test("a connection that breaks, or never was", async () => {
  for (const file of files) {
    instead(file, (response) => {
      response.writeHead(200, { "content-length": 1000 });
      response.write("{", () => response.destroy());
    });
    await firstLook("NETWORK_UNREACHABLE", /the connection to 127\.0\.0\.1 failed/);
  }
  await accepted("1.0.0");
  const before = trusted();
  await world.server.close();
  await assert.rejects(world.smartclaw().newest(never), {
    code: "NETWORK_UNREACHABLE",
    message: /the connection to 127\.0\.0\.1 failed \((ECONNREFUSED|UND_ERR_SOCKET)\)/,
  });
  assert.deepEqual(trusted(), before);
});

test("an answer without end is read no further than it can be long", async () => {
  for (const file of files) {
    world.rows.length = 0;
    instead(file, (response) => {
      const more = (): void => {
        while (response.write(Buffer.alloc(64 * 1024, " ")));
      };
      response.writeHead(200).on("drain", more);
      more();
    });
    await firstLook("UPDATE_REFUSED", /127\.0\.0\.1 sent more than it announced/);
    const failed = world.rows.find(({ outcome }) => outcome.startsWith("failed"));
    assert.ok(failed !== undefined && failed.received < 1024 * 1024, `${failed?.received} bytes`);
  }
});

test("a thief of the timestamp key cannot make the snapshot longer than metadata can be", async () => {
  const { root, timestamp } = openFiles(world.repository).read();
  const { version, specVersion, expires } = timestamp;
  const snapshotMeta = new MetaFile({ version: 9, length: 2 ** 40 });
  const next = new Timestamp({ version: version + 1, specVersion, expires, snapshotMeta });
  openFiles(world.repository).write("timestamp.json", "timestamp", next, [root]);
  writeFileSync(join(world.public, "metadata", "9.snapshot.json"), Buffer.alloc(2 * 1024 * 1024));
  await assert.rejects(world.smartclaw().newest(never), { code: "UPDATE_REFUSED", message: /sent more/ });
});

test("20 seconds are enough for each file, also for one that trickles or is silent", async (t) => {
  for (const file of files)
    for (const start of ["", "{"]) {
      const deadline = new AbortController();
      const timeout = t.mock.method(AbortSignal, "timeout", () => deadline.signal);
      instead(file, (response) => {
        if (start !== "") response.writeHead(200).write(start);
        // Only now, so that the files before had their time.
        setImmediate(() => deadline.abort());
      });
      await assert.rejects(world.smartclaw(`slow ${file}${start}`).newest(never), {
        code: "NETWORK_UNREACHABLE",
        message: /127\.0\.0\.1 did not answer in full within 20 seconds/,
      });
      for (const call of timeout.mock.calls) assert.equal(Math.round((call.arguments[0] ?? 0) / 1000), 20);
      timeout.mock.restore();
    }
});

test("whatever is changed in whatever file: the true answer or a fault, and never another answer", async () => {
  await accepted("1.0.0");
  const served = new Map<string, Buffer>();
  const changed = { file: files[0], at: 0, bytes: Buffer.alloc(0), cut: 0 };
  const fetching = async (address: URL): Promise<Response> => {
    const { pathname } = address;
    let bytes = served.get(pathname);
    try {
      bytes ??= readFileSync(join(world.public, pathname));
    } catch {
      return new Response("", { status: 404 });
    }
    served.set(pathname, bytes);
    if (changed.file?.test(pathname) !== true) return new Response(new Uint8Array(bytes));
    const at = changed.at % bytes.length;
    const parts = [bytes.subarray(0, at), changed.bytes, bytes.subarray(at + changed.cut)];
    return new Response(new Uint8Array(Buffer.concat(parts)));
  };
  rotateRoot(world.repository, { clock, renew: ["root"] });
  world.publish("1.1.0");
  let turn = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...files),
      fc.nat(5000),
      fc.oneof(
        fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
        fc.string().map((text) => Buffer.from(text)),
      ),
      fc.nat(3),
      async (file, at, bytes, cut) => {
        Object.assign(changed, { file, at, bytes, cut });
        const source = world.smartclaw(`fuzz ${(turn += 1)}`, { fetch: fetching as typeof fetch });
        const answer = await source.newest(never).catch((error: unknown) => error);
        if (answer instanceof SmartClawError)
          assert.ok(["UPDATE_REFUSED", "NOT_FOUND"].includes(answer.code), answer.message);
        else assert.equal((answer as { version: string }).version, "1.1.0");
      },
    ),
    { numRuns: 60 },
  );
});

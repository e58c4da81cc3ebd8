import assert from "node:assert/strict";
import fs, { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, beforeEach, test } from "node:test";
import { SmartClawError } from "@smartclaw/contracts";
import { MetaFile, Targets, Timestamp } from "@tufjs/models";
import fc from "fast-check";
import { createReleaseWorld, platform, type ReleaseWorld } from "../testing/release-world.ts";
import { openFiles } from "./repository-files.ts";
import { initRepository, refresh, rotateRoot } from "./repository.ts";

const never = new AbortController().signal;
const clock = { now: () => Date.now() };
const worlds: ReleaseWorld[] = [];
let world: ReleaseWorld;
beforeEach(async () => {
  world = await createReleaseWorld();
  worlds.push(world);
});
after(() => Promise.all(worlds.map((one) => one.close())));

const versionOf = async (source = world.smartclaw()): Promise<string> => (await source.newest(never)).version;
const trusted = (kind: "roots" | "metadata", name = "one"): string[] =>
  readdirSync(join(world.folder, "smartclaws", name, kind)).toSorted();

test("the newest release, with the bytes that came and a row in the ledger for each request", async () => {
  const newest = await world.smartclaw().newest(never);
  assert.equal(newest.version, "1.0.0");
  assert.equal(newest.node, ">=24.16.0 <25 || >=26.1.0");
  assert.deepEqual(
    world.server.requests.map((path) => path.replace(/[0-9a-f]{64}/, "HASH")),
    [
      "/metadata/2.root.json",
      "/metadata/timestamp.json",
      "/metadata/2.snapshot.json",
      "/metadata/2.targets.json",
      "/targets/HASH.smartclaw.json",
    ],
  );
  const { port } = new URL(world.server.url);
  for (const { received, outcome, ...row } of world.rows) {
    const reason = "looking for a newer SmartClaw";
    assert.deepEqual(row, {
      door: "smartclaw",
      process: "smartclaw-daemon (1)",
      host: "127.0.0.1",
      port: Number(port),
      reason,
    });
    // That there is no newer root is no failure.
    assert.equal(outcome, "ended");
    assert.ok(received < 3000);
  }
  assert.equal(world.rows.length, 5);
  assert.equal(
    newest.bytes,
    world.rows.reduce((sum, { received }) => sum + received, 0),
  );
});

test("a look that finds nothing new asks for three small files, after a restart too", async () => {
  await versionOf();
  for (const source of [world.smartclaw(), world.smartclaw()]) {
    world.server.requests.length = 0;
    const { bytes } = await source.newest(never);
    assert.equal(world.server.requests.length, 3);
    assert.ok(bytes < 2000, `${bytes} bytes`);
  }
});

test("what is trusted is for its owner's eyes only, and nothing else stays in the folder", async () => {
  await versionOf();
  const folder = join(world.folder, "smartclaws", "one");
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  for (const name of ["timestamp.json", "snapshot.json", "targets.json"])
    assert.equal(statSync(join(folder, "metadata", name)).mode & 0o777, 0o600);
  assert.deepEqual(trusted("metadata"), ["snapshot.json", "targets.json", "timestamp.json"]);
  assert.deepEqual(trusted("roots"), []);
});

test("nothing about the user is sent, and nothing that was in the address", async () => {
  const sent: string[] = [];
  const watching = (address: URL, init: RequestInit): Promise<Response> => {
    sent.push(JSON.stringify([address.href, init.headers, init.redirect]));
    return fetch(address, init);
  };
  const url = `${world.server.url.replace("//", "//someone:hunter2@")}?token=hunter2#hunter2`;
  assert.equal(await versionOf(world.smartclaw("one", { url, fetch: watching as typeof fetch })), "1.0.0");
  assert.equal(sent.length, 5);
  for (const one of sent) {
    assert.doesNotMatch(one, /hunter2|someone/);
    assert.match(one, /"user-agent":"smartclaw"/);
    assert.match(one, /"error"\]$/, "no redirect is followed");
  }
});

test("a repository in a folder of a server, with and without a slash at its end", async () => {
  world.server.serve(world.repository);
  for (const path of ["public", "public/", "public//"])
    assert.equal(await versionOf(world.smartclaw(path, { url: `${world.server.url}${path}` })), "1.0.0");
});

test("several new roots at once are walked one by one, and need not be fetched again", async () => {
  for (let turn = 0; turn < 3; turn += 1) rotateRoot(world.repository, { clock, renew: ["root"] });
  world.publish("1.1.0");
  assert.equal(await versionOf(), "1.1.0");
  assert.deepEqual(trusted("roots"), ["2.root.json", "3.root.json", "4.root.json"]);
  world.server.requests.length = 0;
  assert.equal(await versionOf(), "1.1.0");
  assert.equal(world.server.requests[0], "/metadata/5.root.json");
});

test("all keys are changed, and whoever knew the old ones follows", async () => {
  await versionOf();
  rotateRoot(world.repository, { clock, renew: ["root", "targets", "snapshot", "timestamp"] });
  assert.equal(await versionOf(), "1.0.0");
  world.publish("1.1.0");
  assert.equal(await versionOf(), "1.1.0");
});

test("a newer pin of the same chain takes over where the older one was, and the other way round", async () => {
  await versionOf();
  rotateRoot(world.repository, { clock, renew: ["root"] });
  const { root } = rotateRoot(world.repository, { clock, renew: ["root"] });
  const newer = { root: readFileSync(root, "utf8") };
  await versionOf(world.smartclaw("one", newer));
  world.server.requests.length = 0;
  await versionOf(world.smartclaw("one", newer));
  assert.equal(world.server.requests.length, 3, "nothing was forgotten");
  assert.equal(await versionOf(world.smartclaw("one")), "1.0.0");
  assert.deepEqual(trusted("roots"), ["2.root.json", "3.root.json"]);
});

test("another repository is pinned: nothing of the one before stands in its way", async (t) => {
  rotateRoot(world.repository, { clock, renew: ["root"] });
  for (const version of ["1.1.0", "1.2.0", "1.3.0"]) world.publish(version);
  assert.equal(await versionOf(), "1.3.0");
  const other = await createReleaseWorld();
  t.after(() => other.close());
  rotateRoot(other.repository, { clock, renew: ["root"] });
  const moved = { root: other.root, url: other.server.url };
  assert.equal(await versionOf(world.smartclaw("one", moved)), "1.0.0");
  assert.equal(await versionOf(world.smartclaw("one", moved)), "1.0.0");
  assert.equal(await versionOf(world.smartclaw("one")), "1.3.0");
});

test("a thief of the timestamp key went so far ahead that nobody could follow: a new key ends that", async () => {
  const files = openFiles(world.repository);
  const { root, timestamp } = files.read();
  const { specVersion, expires, snapshotMeta } = timestamp;
  files.write(
    "timestamp.json",
    "timestamp",
    new Timestamp({ version: 2 ** 31, specVersion, expires, snapshotMeta }),
    [root],
  );
  assert.equal(await versionOf(), "1.0.0");
  files.write("timestamp.json", "timestamp", timestamp, [root]);
  await assert.rejects(versionOf(), { code: "UPDATE_REFUSED" });
  rotateRoot(world.repository, { clock, renew: ["timestamp"] });
  assert.equal(await versionOf(), "1.0.0");
});

test("looks side by side see one release each, and what is trusted never goes back", async () => {
  const source = world.smartclaw();
  const looks: Promise<string>[] = [];
  for (const version of ["1.1.0", "1.2.0", "1.3.0", "1.4.0"]) {
    looks.push(versionOf(source), versionOf(source), versionOf(source));
    world.publish(version);
    await looks[looks.length - 3];
  }
  const seen = await Promise.all(looks);
  assert.deepEqual(seen, seen.toSorted());
  assert.equal(await versionOf(source), "1.4.0");
});

test("damage to what was trusted is put right by the next look", async () => {
  rotateRoot(world.repository, { clock, renew: ["root", "timestamp"] });
  await versionOf();
  const folder = join(world.folder, "smartclaws", "one");
  const files = [
    "metadata/timestamp.json",
    "metadata/snapshot.json",
    "metadata/targets.json",
    "roots/2.root.json",
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.subarray(files, { minLength: 1 }),
      fc.double({ min: 0, max: 0.999 }),
      async (hit, part) => {
        const before = files.map((file) => readFileSync(join(folder, file)));
        for (const file of hit) {
          const path = join(folder, file);
          const { size } = statSync(path);
          // A power cut leaves fewer bytes, or as many zeros.
          if (part < 0.5) truncateSync(path, Math.floor(size * part * 2));
          else writeFileSync(path, Buffer.alloc(size));
        }
        assert.equal(await versionOf(), "1.0.0");
        assert.deepEqual(
          files.map((file) => readFileSync(join(folder, file))),
          before,
        );
      },
    ),
    { numRuns: 10 },
  );
});

test("what a look left when it was killed is cleared away by the next one", async () => {
  await versionOf();
  const folder = join(world.folder, "smartclaws", "one");
  writeFileSync(join(folder, "work", "root.json"), "{");
  writeFileSync(join(folder, "work", "timestamp.json"), "<html>");
  writeFileSync(join(folder, "metadata", "timestamp.json.new"), "{");
  assert.equal(await versionOf(), "1.0.0");
});

test("no release, and none for this kind of computer", async () => {
  await assert.rejects(world.smartclaw("one", { platform: "plan9-mips" }).newest(never), {
    code: "NOT_FOUND",
    message: `SmartClaw could not look for a newer SmartClaw, because there is no SmartClaw 1.0.0 for this kind of computer (plan9-mips) at 127.0.0.1.`,
  });
  const empty = join(world.folder, "empty");
  const { root } = initRepository(empty, { clock });
  world.server.serve(join(empty, "public"));
  await assert.rejects(world.smartclaw("two", { root: readFileSync(root, "utf8") }).newest(never), {
    code: "NOT_FOUND",
    message: /no release was published at 127\.0\.0\.1 yet/,
  });
});

test("a form of a later time is told as one; what is added to this one is passed over", async () => {
  const files = openFiles(world.repository);
  const good = { format: 1, version: "1.1.0", node: ">=24", archives: { [platform]: { path: "a.tgz" } } };
  const tell = (document: unknown): void => {
    const { root, targets, snapshot, timestamp } = files.read();
    const later = (one: { version: number; specVersion: string; expires: string }) => ({
      version: one.version + 1,
      specVersion: one.specVersion,
      expires: one.expires,
    });
    const next = new Targets(later(targets));
    next.addTarget(files.addTarget("a.tgz", Buffer.from("archive")));
    next.addTarget(files.addTarget("smartclaw.json", Buffer.from(JSON.stringify(document))));
    files.write(`${next.version}.targets.json`, "targets", next, [root]);
    snapshot.meta["targets.json"] = new MetaFile({ version: next.version });
    files.write(
      `${snapshot.version + 1}.snapshot.json`,
      "snapshot",
      Object.assign(snapshot, later(snapshot)),
      [root],
    );
    const snapshotMeta = new MetaFile({ version: snapshot.version });
    files.write("timestamp.json", "timestamp", new Timestamp({ ...later(timestamp), snapshotMeta }), [root]);
  };
  tell({ ...good, more: [1], archives: { ...good.archives, "plan9-mips": { path: "b.tgz", size: 3 } } });
  assert.equal(await versionOf(), "1.1.0");
  tell({ ...good, archives: { [platform]: { path: "b.tgz" } } });
  await assert.rejects(versionOf(), { code: "UPDATE_REFUSED", message: /does not hold its archive/ });
  for (const document of [
    null,
    "1.2.0",
    { ...good, format: 2 },
    { ...good, version: "latest" },
    { ...good, node: "new enough" },
    { ...good, archives: { [platform]: { path: "../../a.tgz" } } },
    { ...good, archives: { [platform]: { path: "a/b.tgz" } } },
    { ...good, archives: { [platform]: { path: ".a.tgz" } } },
    { ...good, archives: { "../x": { path: "a.tgz" } } },
    { ...good, archives: null },
  ]) {
    tell(document);
    await assert.rejects(versionOf(), {
      code: "UPDATE_REFUSED",
      message: /in a form that this SmartClaw does not know/,
    });
  }
});

test("root metadata that is none, or not signed by its own keys, fails the look and asks nobody", async () => {
  const unsigned = JSON.parse(world.root);
  unsigned.signatures.pop();
  for (const root of ["", "{}", "null", "<html>", JSON.stringify(unsigned)]) {
    world.server.requests.length = 0;
    await assert.rejects(world.smartclaw("one", { root }).newest(never), {
      code: "UPDATE_REFUSED",
      message: /the root metadata that it was given to trust cannot be read/,
    });
    assert.deepEqual(world.server.requests, []);
  }
});

test("http is for this computer only; what is no address fails the look, not the daemon", async () => {
  for (const url of [
    "http://example.org/",
    "http://10.0.0.1/",
    "http://127.0.0.1.example.org/",
    "http://localhost.example.org/",
    "http://[::2]/",
    "http://0.0.0.0/",
    "ftp://127.0.0.1/",
    "file:///etc/",
    "releases",
    "",
  ])
    await assert.rejects(world.smartclaw("one", { url }).newest(never), { code: "NETWORK_UNREACHABLE" }, url);
  assert.deepEqual(world.rows, []);
  const { port } = new URL(world.server.url);
  assert.equal(await versionOf(world.smartclaw("one", { url: `http://localhost:${port}` })), "1.0.0");
});

test("a folder that cannot be used is no fault of the network", async () => {
  const folder = join(world.folder, "a file");
  writeFileSync(folder, "");
  await assert.rejects(world.smartclaw("one", { folder }).newest(never), {
    code: "INTERNAL",
    message:
      "SmartClaw could not look for a newer SmartClaw, because its own folder cannot be used (EEXIST).",
  });
  rmSync(folder);
});

for (const file of ["root", "timestamp", "snapshot", "targets"])
  test(`the disk is full in the middle of ${file}.json: what was known is not lost`, async (t) => {
    await versionOf();
    const metadata = join(world.folder, "smartclaws", "one", "metadata");
    const contents = (): string[] =>
      trusted("metadata").map((name) => readFileSync(join(metadata, name), "utf8"));
    rotateRoot(world.repository, { clock, renew: ["root"] });
    world.publish("1.1.0");
    // Only tuf-js writes by this name.
    const write = t.mock.method(fs, "writeFileSync", (path: string, data: string) => {
      const full = path.endsWith(`${file}.json`);
      writeFileSync(path, full ? data.slice(0, data.length / 2) : data);
      if (full) throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    });
    await assert.rejects(versionOf(), {
      code: "DISK_FULL",
      message: "SmartClaw could not look for a newer SmartClaw, because the disk is full.",
    });
    assert.ok(write.mock.callCount() > 0);
    for (const text of contents()) assert.ok(JSON.parse(text).signatures.length > 0);
    write.mock.restore();
    assert.equal(await versionOf(), "1.1.0");
  });

test("without a ledger nothing is asked", async () => {
  const full = new SmartClawError("DISK_FULL", "The ledger cannot be written.", "Free some space.");
  for (let good = 0; good < 5; good += 1) {
    let left = good;
    const ledger = {
      ...world.ledger,
      begin(entry: Parameters<typeof world.ledger.begin>[0]) {
        if (left-- === 0) throw full;
        return world.ledger.begin(entry);
      },
    };
    world.server.requests.length = 0;
    const source = world.smartclaw(`full ${good}`, { ledger });
    await assert.rejects(source.newest(never), (error) => error === full);
    assert.equal(world.server.requests.length, good);
  }
});

test("a look that is called off ends at once, at whatever request it is", async () => {
  for (let wanted = 1; wanted <= 5; wanted += 1) {
    const stop = new AbortController();
    let asked = 0;
    world.server.misbehave(() => {
      asked += 1;
      if (asked < wanted) return false;
      stop.abort();
      return true;
    });
    await assert.rejects(world.smartclaw(`stopped ${wanted}`).newest(stop.signal), {
      code: "CANCELLED",
      message: "The look for a newer SmartClaw was stopped.",
    });
    assert.equal(asked, wanted);
  }
  world.server.misbehave(null);
  const before = world.rows.length;
  await assert.rejects(world.smartclaw().newest(AbortSignal.abort()), { code: "CANCELLED" });
  assert.equal(world.rows.length, before);
  assert.equal(await versionOf(), "1.0.0");
});

test("refreshed before it ends, a repository is good for longer", async (t) => {
  const day = 24 * 60 * 60 * 1000;
  const start = Date.now();
  const source = world.smartclaw();
  for (let days = 25; days <= 200; days += 25) {
    t.mock.timers.enable({ apis: ["Date"], now: start + days * day });
    refresh(world.repository, { clock });
    assert.equal(await versionOf(source), "1.0.0");
    t.mock.timers.reset();
  }
});

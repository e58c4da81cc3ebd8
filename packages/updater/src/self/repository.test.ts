import assert from "node:assert/strict";
import { createHash, createPrivateKey, createPublicKey, verify } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { initRepository, publish, refresh, roles, rotateRoot } from "./repository.ts";

const dayMs = 24 * 60 * 60 * 1000;
const start = Date.UTC(2027, 0, 1);
const folders: string[] = [];
after(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

function open() {
  const folder = mkdtempSync(join(tmpdir(), "smartclaw-repository-"));
  folders.push(folder);
  const home = join(folder, "repository");
  const time = { now: start };
  const clock = { now: () => time.now };
  const archive = (text: string): string => {
    const path = join(folder, `${text.replaceAll(" ", "-")}.tgz`);
    writeFileSync(path, text);
    return path;
  };
  const metadata = (name: string) => JSON.parse(readFileSync(join(home, "public", "metadata", name), "utf8"));
  const newest = () => {
    const timestamp = metadata("timestamp.json").signed;
    const snapshot = metadata(`${timestamp.meta["snapshot.json"].version}.snapshot.json`).signed;
    const targets = metadata(`${snapshot.meta["targets.json"].version}.targets.json`).signed;
    const target = targets.targets["smartclaw.json"];
    const file = join(home, "public", "targets", `${target?.hashes.sha256}.smartclaw.json`);
    return { timestamp, snapshot, targets, document: target && JSON.parse(readFileSync(file, "utf8")) };
  };
  const keysOf = (role: string): string[] =>
    readdirSync(join(home, "keys"))
      .filter((file) => file.startsWith(`${role}-`))
      .map((file) => join(home, "keys", file));
  const release = { version: "1.0.0", node: ">=24", notes: null };
  return { home, clock, time, archive, metadata, newest, keysOf, release, deps: { clock } };
}

/** https://theupdateframework.github.io/specification/latest/, section 4.2: for the kinds of values that are in use. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, one]) => `${JSON.stringify(key)}:${canonical(one)}`).join(",")}}`;
}

test("private keys are in a folder for their owner only, and nowhere in public", () => {
  const { home, deps, archive, release } = open();
  process.umask(0o022);
  initRepository(home, deps);
  publish(home, { ...release, archives: { "linux-x64": archive("one") } }, deps);
  rotateRoot(home, { ...deps, renew: roles });
  const keys = readdirSync(join(home, "keys"));
  assert.deepEqual(
    keys.toSorted().map((name) => name.split("-")[0]),
    ["root", "root", "root", "root", "snapshot", "snapshot", "targets", "targets", "timestamp", "timestamp"],
  );
  assert.equal(statSync(join(home, "keys")).mode & 0o777, 0o700);
  const secrets: string[] = ["PRIVATE"];
  for (const name of keys) {
    const path = join(home, "keys", name);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    const { d = "" } = createPrivateKey(readFileSync(path)).export({ format: "jwk" });
    const raw = Buffer.from(d, "base64url");
    secrets.push(d, raw.toString("hex"), raw.toString("base64"));
  }
  const everything = readdirSync(join(home, "public"), { recursive: true, withFileTypes: true }).filter(
    (one) => one.isFile(),
  );
  assert.ok(everything.length > 10);
  for (const { parentPath, name } of everything) {
    const path = join(parentPath, name);
    assert.equal(statSync(path).mode & 0o777, 0o644, name);
    const text = readFileSync(path, "latin1");
    for (const secret of secrets) assert.ok(!text.includes(secret), name);
  }
});

test("a first root: two keys that both have to sign, one for each other role, consistent snapshots", () => {
  const { home, deps, metadata } = open();
  const state = initRepository(home, deps);
  assert.equal(state.root, join(home, "public", "metadata", "1.root.json"));
  const { signed, signatures } = metadata("1.root.json");
  assert.equal(signed.version, 1);
  assert.equal(signed.consistent_snapshot, true);
  assert.equal(signatures.length, 2);
  assert.deepEqual(
    roles.map((role) => [role, signed.roles[role].keyids.length, signed.roles[role].threshold]),
    [
      ["root", 2, 2],
      ["targets", 1, 1],
      ["snapshot", 1, 1],
      ["timestamp", 1, 1],
    ],
  );
  assert.equal(Object.keys(signed.keys).length, 5);
  const days = Object.fromEntries(
    Object.entries(state.ends).map(([role, end]) => [role, (end - start) / dayMs]),
  );
  assert.deepEqual(days, { root: 365, targets: 90, snapshot: 30, timestamp: 30 });
  assert.match(signed.expires, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
});

test("every signature is one of Ed25519 over canonical JSON, and every key has the name that it must have", () => {
  const { home, deps, archive, release, metadata } = open();
  initRepository(home, deps);
  publish(
    home,
    { ...release, notes: 'Ümläute "and" \\ more\n', archives: { "linux-x64": archive("one") } },
    deps,
  );
  rotateRoot(home, { ...deps, renew: ["root", "timestamp"] });
  const roots = [metadata("1.root.json").signed, metadata("2.root.json").signed];
  const keys = Object.assign({}, ...roots.map(({ keys }) => keys));
  for (const [id, key] of Object.entries(keys))
    assert.equal(createHash("sha256").update(canonical(key)).digest("hex"), id);
  let count = 0;
  for (const name of readdirSync(join(home, "public", "metadata"))) {
    const { signed, signatures } = metadata(name);
    for (const { keyid, sig } of signatures) {
      const x = Buffer.from(keys[keyid].keyval.public, "hex").toString("base64url");
      const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
      assert.ok(verify(null, Buffer.from(canonical(signed)), key, Buffer.from(sig, "hex")), name);
      count += 1;
    }
  }
  assert.equal(count, 2 + 4 + 2 + 3 + 1);
});

test("a repository is not made twice, and not over keys that are there", () => {
  const { home, deps } = open();
  initRepository(home, deps);
  const before = readdirSync(join(home, "keys"));
  assert.throws(() => initRepository(home, deps), { code: "CONFLICT" });
  rmSync(join(home, "public"), { recursive: true });
  assert.throws(() => initRepository(home, deps), { code: "CONFLICT" });
  assert.deepEqual(readdirSync(join(home, "keys")), before);
});

test("the newest release takes the place of the one before; another platform's archive joins it", () => {
  const { home, deps, archive, release, newest } = open();
  initRepository(home, deps);
  assert.equal(newest().document, undefined);
  publish(home, { ...release, notes: "The first one", archives: { "linux-x64": archive("one") } }, deps);
  publish(home, { ...release, archives: { "darwin-arm64": archive("two") } }, deps);
  assert.deepEqual(newest().document, {
    format: 1,
    version: "1.0.0",
    node: ">=24",
    archives: {
      "linux-x64": { path: "smartclaw-1.0.0-linux-x64.tgz", notes: "The first one" },
      "darwin-arm64": { path: "smartclaw-1.0.0-darwin-arm64.tgz" },
    },
  });
  const { targets } = newest();
  assert.deepEqual(Object.keys(targets.targets).toSorted(), [
    "smartclaw-1.0.0-darwin-arm64.tgz",
    "smartclaw-1.0.0-linux-x64.tgz",
    "smartclaw.json",
  ]);
  publish(home, { ...release, version: "1.1.0", archives: { "linux-x64": archive("three") } }, deps);
  assert.deepEqual(Object.keys(newest().targets.targets).toSorted(), [
    "smartclaw-1.1.0-linux-x64.tgz",
    "smartclaw.json",
  ]);
  assert.equal(newest().targets.version, 4);
  // Whoever is in the middle of fetching the one before can go on.
  const files = readdirSync(join(home, "public", "targets"));
  assert.ok(files.some((name) => name.endsWith("smartclaw-1.0.0-linux-x64.tgz")));
});

test("the same release with other contents is refused, and with the same ones is not", () => {
  const { home, deps, archive, release, newest } = open();
  initRepository(home, deps);
  const first = { ...release, archives: { "linux-x64": archive("one") } };
  publish(home, first, deps);
  const { targets } = newest();
  assert.throws(() => publish(home, { ...first, archives: { "linux-x64": archive("other") } }, deps), {
    code: "CONFLICT",
  });
  assert.deepEqual(newest().targets, targets);
  publish(home, first, deps);
});

test("what no SmartClaw would read is not published", () => {
  const { home, deps, archive, release, newest } = open();
  initRepository(home, deps);
  const archives = { "linux-x64": archive("one") };
  for (const bad of [
    { version: "1.0" },
    { version: "../1.0.0" },
    { node: "new enough" },
    { archives: { linux: archive("one") } },
    { archives: { "../../etc-x": archive("one") } },
    { notes: "x".repeat(5000) },
  ])
    assert.throws(() => publish(home, { ...release, archives, ...bad }, deps), { code: "BAD_REQUEST" });
  assert.equal(newest().targets.version, 1);
  assert.throws(() => readdirSync(join(home, "public", "targets")), { code: "ENOENT" });
});

test("refreshing signs snapshot and timestamp anew, and the targets only when they are due and their key is there", () => {
  const { home, deps, time, archive, release, newest, keysOf } = open();
  initRepository(home, deps);
  publish(home, { ...release, archives: { "linux-x64": archive("one") } }, deps);
  const { document } = newest();
  time.now += 20 * dayMs;
  const early = refresh(home, deps);
  assert.deepEqual(
    [newest().targets.version, newest().snapshot.version, newest().timestamp.version],
    [2, 3, 3],
  );
  assert.equal(early.ends.timestamp, time.now + 30 * dayMs);
  assert.equal(early.ends.targets, start + 90 * dayMs);
  time.now += 30 * dayMs;
  const [key = ""] = keysOf("targets");
  const kept = readFileSync(key);
  rmSync(key);
  assert.equal(refresh(home, deps).ends.targets, start + 90 * dayMs);
  writeFileSync(key, kept);
  assert.equal(refresh(home, deps).ends.targets, time.now + 90 * dayMs);
  assert.equal(newest().targets.version, 3);
  assert.deepEqual(newest().document, document);
  assert.equal(JSON.stringify(newest().snapshot.meta["targets.json"].version), "3");
});

test("offline keys are needed for what is theirs, and for nothing else", () => {
  const { home, deps, archive, release, keysOf, newest } = open();
  initRepository(home, deps);
  const first = { ...release, archives: { "linux-x64": archive("one") } };
  const [one = "", two = ""] = keysOf("root");
  const kept = readFileSync(two);
  rmSync(two);
  publish(home, first, deps);
  refresh(home, deps);
  assert.throws(() => rotateRoot(home, { ...deps, renew: ["root"] }), {
    code: "NOT_FOUND",
    message: /role "root"/,
  });
  assert.throws(() => readFileSync(join(home, "public", "metadata", "2.root.json")), { code: "ENOENT" });
  writeFileSync(two, kept);
  rotateRoot(home, { ...deps, renew: ["root"] });
  assert.ok(readFileSync(one).length > 0);
  for (const file of keysOf("targets")) rmSync(file);
  refresh(home, deps);
  const before = newest();
  assert.throws(() => publish(home, { ...first, version: "1.1.0" }, deps), {
    code: "NOT_FOUND",
    message: /role "targets"/,
  });
  for (const file of keysOf("timestamp")) rmSync(file);
  assert.throws(() => refresh(home, deps), { code: "NOT_FOUND", message: /role "timestamp"/ });
  assert.deepEqual(newest(), before);
});

test("without a repository there is nothing to do", () => {
  const { home, deps, release } = open();
  for (const work of [
    () => publish(home, { ...release, archives: {} }, deps),
    () => refresh(home, deps),
    () => rotateRoot(home, { ...deps, renew: ["root"] }),
  ])
    assert.throws(work, { code: "NOT_FOUND", message: /there is no repository/ });
});

test("new keys for a role take the place of the old ones, and the other roles keep theirs", () => {
  const { home, deps, metadata, newest } = open();
  initRepository(home, deps);
  const state = rotateRoot(home, { ...deps, renew: ["timestamp"] });
  assert.equal(state.root, join(home, "public", "metadata", "2.root.json"));
  const [before, now] = [metadata("1.root.json").signed.roles, metadata("2.root.json").signed.roles];
  assert.notDeepEqual(now.timestamp, before.timestamp);
  for (const role of ["root", "targets", "snapshot"]) assert.deepEqual(now[role], before[role]);
  assert.equal(metadata("2.root.json").signed.keys[before.timestamp.keyids[0]], undefined);
  assert.equal(metadata("timestamp.json").signatures[0].keyid, now.timestamp.keyids[0]);
  assert.equal(newest().targets.version, 1);
});

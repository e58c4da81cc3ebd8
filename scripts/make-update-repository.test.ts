import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { create } from "tar";
import { keepUpdateRepository } from "./lib/keep-update-repository.ts";
import { Stop } from "./lib/process.mjs";

const folder = mkdtempSync(join(tmpdir(), "smartclaw-publisher-"));
after(() => rmSync(folder, { recursive: true }));
const repository = join(folder, "repository");

function run(...args: string[]): string {
  let printed = "";
  keepUpdateRepository(args, (text) => (printed += `${text}\n`));
  return printed;
}

function archive(manifest: object): string {
  const home = mkdtempSync(join(folder, "packed-"));
  mkdirSync(join(home, "package"));
  writeFileSync(join(home, "package", "package.json"), JSON.stringify(manifest));
  create({ cwd: home, file: join(home, "release.tgz"), gzip: true, sync: true }, ["package/package.json"]);
  return join(home, "release.tgz");
}

const manifest = {
  name: "smartclaw",
  version: "1.0.0",
  engines: { node: ">=24" },
  os: ["linux"],
  cpu: ["x64"],
};
const source = () => JSON.parse(readFileSync(join(repository, "update-source.json"), "utf8"));
const newestRoot = (version: number): string =>
  readFileSync(join(repository, "public", "metadata", `${version}.root.json`), "utf8");

test("from nothing to a release, new signatures and new keys, in plain words and without a secret", () => {
  const url = "https://updates.example.org/smartclaw/";
  const notes = join(folder, "notes.txt");
  writeFileSync(notes, "Better.");
  const made = run("init", repository, url);
  assert.deepEqual(source(), { format: 1, url, root: newestRoot(1) });
  const steps = [
    made,
    run("publish", repository, archive(manifest), archive({ ...manifest, cpu: ["arm64"] }), "--notes", notes),
    run("refresh", repository),
    run("rotate", repository),
    run("rotate", repository, "timestamp", "snapshot"),
  ];
  for (const text of steps)
    assert.match(text, /Signed until: root \d{4}-\d\d-\d\d, targets .*, snapshot .*, timestamp /);
  assert.match(steps[0] ?? "", /keys\/ +stays with you[\s\S]*offline[\s\S]*1\.root\.json/);
  assert.match(steps[1] ?? "", /SmartClaw 1\.0\.0 is the newest release, for linux-x64, linux-arm64\./);
  assert.match(steps[1] ?? "", /upload .*public/);
  assert.match(steps[3] ?? "", /New keys for root .*2\.root\.json/);
  assert.match(steps[4] ?? "", /New keys for snapshot, timestamp .*3\.root\.json/);
  assert.deepEqual(source(), { format: 1, url, root: newestRoot(3) });
  const printed = steps.join("");
  for (const name of readdirSync(join(repository, "keys"))) {
    const [, secret = ""] = readFileSync(join(repository, "keys", name), "utf8").split("\n");
    assert.ok(secret.length > 40 && !printed.includes(secret));
  }
});

test("what cannot be done is said in a sentence", () => {
  const before = readdirSync(join(repository, "keys"));
  const noArchive = join(folder, "notes.txt");
  for (const [args, why] of [
    [[], /^usage: /],
    [["init"], /^usage: /],
    [["init", join(folder, "other")], /^usage: /],
    [["init", join(folder, "other"), "updates.example.org"], /^usage: /],
    [["init", repository, "https://updates.example.org/"], /there is a repository already/],
    [["publish", repository], /^usage: /],
    [["publish", repository, noArchive], /is no archive that make-release\.ts made/],
    [["publish", repository, join(folder, "nothing.tgz")], /is no archive that make-release\.ts made/],
    [
      ["publish", repository, archive({ ...manifest, name: "openclaw" })],
      /is no archive that make-release\.ts made/,
    ],
    [
      ["publish", repository, archive(manifest), archive({ ...manifest, version: "1.1.0" })],
      /not of one release/,
    ],
    [["publish", repository, archive({ ...manifest, more: 1 })], /was published with other contents/],
    [["refresh", join(folder, "other")], /there is no repository/],
    [["rotate", repository, "everything"], /^usage: /],
    [["burn", repository], /^usage: /],
  ] as const) {
    assert.throws(
      () => run(...args),
      (error) => error instanceof Stop && why.test(error.message),
      args.join(" "),
    );
  }
  assert.deepEqual(readdirSync(join(repository, "keys")), before);
});

test("as a command: the usage on stderr, without a stack", () => {
  const script = fileURLToPath(new URL("./make-update-repository.ts", import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], { encoding: "utf8" });
  assert.deepEqual([status, stdout], [1, ""]);
  assert.match(stderr, /^usage: (?!.*\n {4}at )/s);
});

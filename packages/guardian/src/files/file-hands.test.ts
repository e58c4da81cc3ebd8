/** File operations on paths that somebody else changes meanwhile: nothing outside is ever read or written. */
import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, test } from "node:test";
import { fileHands } from "./file-hands.ts";

const skip = process.platform === "linux" ? false : "by /proc, which is on Linux only";

const root = realpathSync(mkdtempSync(join(tmpdir(), "sc-hands-")));
const children = new Set<ChildProcess>();
after(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(root, { recursive: true, force: true });
});
const inside = join(root, "in");
const outside = join(root, "out");
const at = (name: string): string => join(inside, name);
const most = 1024;
const text = (data: Uint8Array): string => Buffer.from(data).toString();
const bytes = (words: string): Uint8Array => Buffer.from(words);
const put = (path: string, words: string, how = { make: false, exclusive: false }): boolean =>
  fileHands.write(path, bytes(words), how);

beforeEach(() => {
  for (const folder of [inside, outside]) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(join(folder, "deep"), { recursive: true });
  }
  writeFileSync(join(outside, "secret"), "secret");
  writeFileSync(join(outside, "deep", "secret"), "secret");
});

test("a file is read, written as a whole, made, looked at and removed", { skip }, () => {
  assert.equal(put(at("a"), "one"), true);
  assert.equal(text(fileHands.read(at("a"), most)), "one");
  chmodSync(at("a"), 0o640);
  assert.equal(put(at("a"), "two"), true);
  assert.equal(statSync(at("a")).mode & 0o777, 0o640, "with its permissions");
  assert.equal(put(at("a"), "three", { make: false, exclusive: true }), false);
  assert.equal(readFileSync(at("a"), "utf8"), "two");
  assert.equal(put(at("new/er/b"), "x", { make: true, exclusive: true }), true);
  assert.equal(put(at("empty"), ""), true);
  assert.deepEqual(fileHands.stat(at("a")), { type: "file", size: 3, modifiedMs: statSync(at("a")).mtimeMs });
  assert.equal(fileHands.stat(at("deep"))?.type, "directory");
  assert.equal(fileHands.stat("/")?.type, "directory");
  assert.equal(fileHands.stat(at("none")), null);
  assert.equal(fileHands.stat(at("a/below")), null);
  assert.deepEqual(
    fileHands.list(inside).toSorted((one, other) => (one.name < other.name ? -1 : 1)),
    [
      { name: "a", isFolder: false },
      { name: "deep", isFolder: true },
      { name: "empty", isFolder: false },
      { name: "new", isFolder: true },
    ],
  );
  assert.equal(fileHands.remove(at("a")), true);
  assert.equal(fileHands.remove(at("a")), false);
  assert.equal(fileHands.remove(at("deep")), true);
  assert.throws(() => fileHands.remove(at("new")), { code: "ENOTEMPTY" });
  fileHands.makeFolder(at("x/y/z"));
  assert.ok(statSync(at("x/y/z")).isDirectory());
});

test("no link is followed, neither on the way nor at the end", { skip }, () => {
  symlinkSync(outside, at("folder"));
  symlinkSync(join(outside, "secret"), at("file"));
  symlinkSync(join(outside, "made"), at("nowhere"));
  for (const name of ["folder/secret", "folder/deep/secret", "file", "nowhere"])
    assert.throws(() => fileHands.read(at(name), most), { code: /^(?:ELOOP|ENOTDIR)$/ }, name);
  for (const name of ["folder/secret", "folder/new", "folder/deep/new"]) {
    assert.throws(() => put(at(name), "x"), { code: /^(?:ELOOP|ENOTDIR)$/ }, name);
    assert.throws(() => put(at(name), "x", { make: true, exclusive: true }), { code: /^(?:ELOOP|ENOTDIR)$/ });
    assert.throws(() => fileHands.remove(at(name)), { code: /^(?:ELOOP|ENOTDIR)$/ }, name);
  }
  for (const name of ["file", "nowhere", "folder"])
    assert.throws(() => put(at(name), "x"), /no ordinary file/, name);
  assert.equal(put(at("nowhere"), "x", { make: false, exclusive: true }), false);
  assert.throws(() => fileHands.makeFolder(at("folder/new")), { code: /^(?:ELOOP|ENOTDIR)$/ });
  assert.throws(() => fileHands.list(at("folder")), { code: /^(?:ELOOP|ENOTDIR)$/ });
  assert.equal(fileHands.stat(at("file"))?.type, "other");
  assert.equal(fileHands.remove(at("folder")), true, "the link itself");
  assert.deepEqual(readdirSync(outside).toSorted(), ["deep", "secret"]);
  assert.equal(readFileSync(join(outside, "secret"), "utf8"), "secret");
});

test("a file with other names is replaced under this one only", { skip }, () => {
  linkSync(join(outside, "secret"), at("a"));
  put(at("a"), "mine");
  assert.equal(readFileSync(join(outside, "secret"), "utf8"), "secret");
  assert.equal(readFileSync(at("a"), "utf8"), "mine");
});

test("what is no ordinary file, or too large, is not read, and nobody waits for it", { skip }, () => {
  execFileSync("/usr/bin/mkfifo", [at("pipe")]);
  assert.throws(() => fileHands.read(at("pipe"), most), /no ordinary file/);
  assert.throws(() => put(at("pipe"), "x"), /no ordinary file/);
  assert.throws(() => fileHands.read(at("deep"), most), /no ordinary file/);
  assert.throws(() => fileHands.read("/dev/zero", most), /no ordinary file/);
  assert.throws(() => put(at("deep"), "x"), /no ordinary file/);
  assert.equal(fileHands.stat(at("pipe"))?.type, "other");
  writeFileSync(at("large"), "x".repeat(most + 1));
  assert.throws(() => fileHands.read(at("large"), most), /larger than/);
  writeFileSync(at("just"), "x".repeat(most));
  assert.equal(fileHands.read(at("just"), most).length, most);
  // It says that it is empty, and is not.
  assert.throws(() => fileHands.read("/proc/kallsyms", most), /larger than/);
});

test("a path that is none of a file is refused", { skip }, () => {
  const long = `/${"x".repeat(300)}`;
  const paths = [
    "",
    "/",
    "a",
    "./a",
    ...["", ".", "..", "deep/..", "deep/../a", "./a"].map((name) => `${inside}/${name}`),
  ];
  for (const path of [...paths, long, at(`deep${long}/a`), at("a\0b"), at("a".repeat(5000))]) {
    assert.throws(() => fileHands.read(path, most), Error, path);
    assert.throws(() => put(path, "x", { make: true, exclusive: false }), Error, path);
    assert.throws(() => fileHands.remove(path), Error, path);
  }
  assert.throws(() => fileHands.makeFolder(`${inside}/deep/../../out/new`), /not one of a file/);
  assert.throws(() => fileHands.list(`${inside}/../out`), /not one of a file/);
  assert.deepEqual(readdirSync(inside), ["deep"]);
});

test("a file that cannot be written whole is not there, and the one before it stays", { skip }, () => {
  put(at("old"), "old");
  const module = JSON.stringify(new URL("./file-hands.ts", import.meta.url).href);
  const code = `
    const { fileHands } = await import(${module});
    for (const [name, exclusive] of [["old", false], ["new", false], ["made", true]])
      try {
        fileHands.write(process.argv[1] + "/" + name, Buffer.alloc(1e6), { make: false, exclusive });
      } catch (error) { console.log(error.code); }`;
  // No file may be larger than a few blocks.
  const limited = `ulimit -f 8; exec "$0" --input-type=module -e "$1" "$2"`;
  const said = execFileSync("/bin/sh", ["-c", limited, process.execPath, code, inside], { encoding: "utf8" });
  assert.deepEqual(said.trim().split("\n"), ["EFBIG", "EFBIG", "EFBIG"]);
  assert.deepEqual(readdirSync(inside).toSorted(), ["deep", "old"]);
  assert.equal(readFileSync(at("old"), "utf8"), "old");
});

test("what fails leaves nothing behind, and no descriptor open", { skip }, () => {
  const open = (): number => readdirSync("/proc/self/fd").length;
  const before = open();
  symlinkSync(outside, at("link"));
  for (let round = 0; round < 20; round += 1) {
    for (const name of ["link/x", "none/x", "deep", "deep/x/y"]) {
      assert.throws(() => put(at(name), "x"));
      assert.throws(() => fileHands.read(at(name), most));
    }
    put(at("ok"), "x");
    fileHands.read(at("ok"), most);
    fileHands.list(inside);
    fileHands.stat(at("ok"));
    fileHands.makeFolder(at("deep/er"));
  }
  assert.equal(open(), before);
  assert.deepEqual(readdirSync(inside).toSorted(), ["deep", "link", "ok"]);
});

/** Swaps names without end, as a command in the background could. */
async function swapping(code: string): Promise<() => Promise<void>> {
  const child = spawn(process.execPath, [
    "-e",
    `const fs = require("node:fs"); const [inside, outside] = process.argv.slice(1);
     const quietly = (work) => { try { work(); } catch {} };
     process.stdout.write("ready"); for (;;) { ${code} }`,
    inside,
    outside,
  ]);
  children.add(child);
  await new Promise((resolve) => child.stdout.once("data", resolve));
  return async () => {
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("close", resolve));
    children.delete(child);
  };
}

interface Race<Result> {
  done: number;
  failed: number;
  readonly seen: Set<Result>;
}

/**
 * Does it without end, too, until it went well and failed often enough for both to have been met in many ways.
 * @param least how often each of the two is to be met
 */
function race<Result>(work: () => Result, least = { done: 5, failed: 5 }): Race<Result> {
  const met: Race<Result> = { done: 0, failed: 0, seen: new Set() };
  const [soonest, latest] = [Date.now() + 150, Date.now() + 8000];
  const isEnough = (): boolean => met.done >= least.done && met.failed >= least.failed;
  for (let now = 0; now < (isEnough() ? soonest : latest); now = Date.now()) {
    try {
      met.seen.add(work());
      met.done += 1;
    } catch {
      met.failed += 1;
    }
  }
  assert.ok(isEnough(), `both were met: ${met.done}, ${met.failed}`);
  return met;
}

/** `deep`, again and again, is what it is outside. */
const swapFolder = `
  quietly(() => fs.renameSync(inside + "/deep", inside + "/aside"));
  quietly(() => fs.symlinkSync(outside + "/deep", inside + "/deep"));
  quietly(() => fs.unlinkSync(inside + "/deep"));
  quietly(() => fs.renameSync(inside + "/aside", inside + "/deep"));`;

test("a folder on the way is swapped for a link, again and again", { skip }, async () => {
  const stop = await swapping(swapFolder);
  race(() => put(at("deep/mine"), "mine"));
  const read = race(() => text(fileHands.read(at("deep/mine"), most)));
  const secret = race(() => fileHands.read(at("deep/secret"), most), { done: 0, failed: 100 });
  race(() => fileHands.remove(at("deep/secret")));
  const listed = race(() =>
    fileHands
      .list(at("deep"))
      .map(({ name }) => name)
      .join(),
  );
  await stop();
  assert.deepEqual([...read.seen], ["mine"]);
  assert.equal(secret.done, 0, "it was never there");
  assert.deepEqual([...listed.seen], ["mine"]);
  assert.deepEqual(readdirSync(join(outside, "deep")), ["secret"], "nothing came, nothing went");
  assert.equal(readFileSync(join(outside, "deep", "secret"), "utf8"), "secret");
});

test("the file itself is swapped for a link", { skip }, async () => {
  writeFileSync(at("plain"), "mine");
  const stop = await swapping(`
    quietly(() => fs.symlinkSync(outside + "/secret", inside + "/link"));
    quietly(() => fs.renameSync(inside + "/link", inside + "/a"));
    quietly(() => fs.linkSync(inside + "/plain", inside + "/other"));
    quietly(() => fs.renameSync(inside + "/other", inside + "/a"));`);
  const read = race(() => text(fileHands.read(at("a"), most)));
  for (const work of [
    () => put(at("a"), "mine"),
    () => put(at("a"), "mine", { make: false, exclusive: true }),
    () => fileHands.remove(at("a")),
  ])
    race(work, { done: 5, failed: 0 });
  await stop();
  assert.deepEqual([...read.seen], ["mine"]);
  assert.equal(readFileSync(join(outside, "secret"), "utf8"), "secret");
  assert.deepEqual(readdirSync(outside).toSorted(), ["deep", "secret"]);
});

test("folders are made while links are put in their place", { skip }, async () => {
  const stop = await swapping(`
    quietly(() => fs.symlinkSync(outside, inside + "/new"));
    quietly(() => fs.unlinkSync(inside + "/new"));
    quietly(() => fs.rmSync(inside + "/new", { recursive: true, force: true }));`);
  race(() => put(at("new/er/a"), "mine", { make: true, exclusive: false }), { done: 3, failed: 3 });
  race(() => fileHands.makeFolder(at("new/folder")), { done: 3, failed: 0 });
  await stop();
  assert.deepEqual(readdirSync(outside).toSorted(), ["deep", "secret"]);
});

test(
  "a held folder that is moved away gets what was meant for it, and the one in its place nothing",
  { skip },
  () => {
    // What the race above is about, once and step by step: the descriptor holds the folder, not its name.
    put(at("deep/a"), "one");
    renameSync(at("deep"), at("aside"));
    symlinkSync(join(outside, "deep"), at("deep"));
    assert.throws(() => put(at("deep/a"), "two"), { code: /^(?:ELOOP|ENOTDIR)$/ });
    assert.equal(readFileSync(at("aside/a"), "utf8"), "one");
  },
);

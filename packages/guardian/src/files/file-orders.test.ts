import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, test } from "node:test";
import { createFileWindows } from "../broker/file-windows.ts";
import { thisComputer } from "../world/this-computer.ts";
import { createFileOrders, fileOrder, type FileOrder } from "./file-orders.ts";

const skip = process.platform === "linux" ? false : "by /proc, which is on Linux only";

const root = realpathSync(mkdtempSync(join(tmpdir(), "sc-orders-")));
after(() => rmSync(root, { recursive: true, force: true }));
const [inside, outside] = [join(root, "in"), join(root, "out")];
const at = (name: string): string => join(inside, name);
const session = "agent:main:1";
const base64 = (words: string): string => Buffer.from(words).toString("base64");
const plain = (answer: unknown): string =>
  Buffer.from((answer as { data: string }).data, "base64").toString();

beforeEach(() => {
  for (const folder of [inside, outside]) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(join(folder, "deep"), { recursive: true });
  }
  writeFileSync(join(outside, "secret"), "secret");
  writeFileSync(join(outside, "deep", "a"), "secret");
});

function open(noteFails = false) {
  const windows = createFileWindows(() => 0);
  const noted: string[] = [];
  const carryOut = createFileOrders({
    world: thisComputer({ folders: [], controlPorts: [] }),
    windows,
    note(_, what, path) {
      if (noteFails) throw new Error("the disk is full");
      noted.push(`${what} ${path}`);
    },
  });
  const window = (reads: string[], writes: string[] = [], who = session): void =>
    windows.open("c", { session: who, reads, writes, without: null });
  const order = (one: FileOrder, who = session): unknown => carryOut(who, one);
  return { windows, noted, window, order };
}

const write = (path: string, words = "mine"): FileOrder => ({
  what: "write",
  path,
  data: base64(words),
  make: true,
  exclusive: false,
});

test("what was decided on is done, and written down before", { skip }, () => {
  const { window, order, noted } = open();
  const path = at("new/a");
  window([], [path]);
  assert.deepEqual(order({ what: "stat", path }), { facts: null });
  assert.deepEqual(order({ what: "where", path: `${inside}/./new/a` }), { path });
  assert.deepEqual(order(write(path)), { written: true });
  assert.deepEqual(order({ ...write(path), exclusive: true } as FileOrder), { written: false });
  assert.equal(plain(order({ what: "read", path })), "mine");
  assert.throws(() => order({ what: "read", path, mostBytes: 3 }), /larger than 3 bytes/);
  assert.deepEqual(order({ what: "remove", path }), { removed: true });
  assert.throws(() => order({ what: "read", path }), { code: "NOT_FOUND" });
  window([inside]);
  assert.deepEqual(order({ what: "list", path: inside }), {
    entries: [
      { name: "deep", isFolder: true },
      { name: "new", isFolder: true },
    ],
  });
  assert.deepEqual([noted[0], noted.at(-1)], [`write ${path}`, `list ${inside}`]);
});

test("without a window, in another one, or in another conversation's nothing is touched", { skip }, () => {
  const { window, order, noted, windows } = open();
  writeFileSync(at("a"), "hello");
  const all = (path: string): FileOrder[] => [
    { what: "read", path },
    write(path),
    { what: "make", path },
    { what: "remove", path },
    { what: "list", path },
    { what: "stat", path },
    { what: "where", path },
  ];
  const refuses = (path: string, who = session): void => {
    for (const one of all(path))
      assert.throws(() => order(one, who), { code: "FORBIDDEN" }, `${one.what} ${path}`);
  };
  refuses(at("a"));
  window([at("a")], [at("a")], "agent:main:2");
  refuses(at("a"));
  window([at("a")], [at("a")]);
  refuses(at("b"));
  refuses(at("a/../b"));
  refuses(join(outside, "secret"));
  refuses(at("deep"));
  assert.equal(plain(order({ what: "read", path: at("a") })), "hello");
  window([at("a")]);
  for (const one of [write(at("a")), { what: "remove", path: at("a") } as const])
    assert.throws(() => order(one), { code: "FORBIDDEN" }, "who may read may not write");
  windows.closeAll();
  refuses(at("a"));
  assert.deepEqual(noted, [`read ${at("a")}`]);
  assert.equal(readFileSync(at("a"), "utf8"), "hello");
});

test("a link leads to what it leads to, and that was not decided on", { skip }, () => {
  const { window, order } = open();
  symlinkSync(join(outside, "secret"), at("link"));
  symlinkSync(outside, at("folder"));
  window([at("link"), at("folder/secret")], [at("link"), at("folder/secret"), at("folder/new")]);
  for (const path of [at("link"), at("folder/secret"), at("folder/new")])
    for (const one of [{ what: "read", path } as const, write(path), { what: "remove", path } as const])
      assert.throws(() => order(one), { code: "FORBIDDEN" }, path);
  assert.equal(readFileSync(join(outside, "secret"), "utf8"), "secret");
});

test("what cannot be written down is not done", { skip }, () => {
  const { window, order } = open(true);
  writeFileSync(at("a"), "hello");
  window([at("a")], [at("a"), at("b")]);
  for (const one of [
    { what: "read", path: at("a") } as const,
    write(at("b")),
    { what: "remove", path: at("a") } as const,
  ])
    assert.throws(() => order(one), /disk is full/);
  assert.deepEqual(readdirSync(inside).toSorted(), ["a", "deep"]);
});

test("a fault of the system is a sentence", { skip }, () => {
  const { window, order } = open();
  window([at("deep"), at("none/x"), at("a\0b")], [at("deep"), at("deep/x/y")]);
  writeFileSync(at("deep/x"), "");
  assert.throws(() => order({ what: "read", path: at("deep") }), {
    code: "BAD_REQUEST",
    message: /no ordinary file/,
  });
  assert.throws(() => order({ what: "read", path: at("none/x") }), { code: "NOT_FOUND" });
  assert.throws(() => order(write(at("deep/x/y"))), { code: "NOT_FOUND" });
  assert.throws(() => order({ what: "read", path: at("a\0b") }), { code: "BAD_REQUEST" });
  assert.throws(() => order({ what: "remove", path: at("deep") }), {
    code: "BAD_REQUEST",
    message: /ENOTEMPTY/,
  });
});

test("an order of another shape is none", () => {
  const path = "/p/a";
  const good = { what: "write", path, data: "eA==", make: true, exclusive: false };
  assert.ok(fileOrder.safeParse(good).success);
  for (const change of [
    { path: "a" },
    { path: `/${"x".repeat(4096)}` },
    { path: ["/p/a"] },
    { data: "not base64!" },
    { data: undefined },
    { make: "yes" },
    { what: "rename" },
    { what: "exec" },
  ])
    assert.ok(!fileOrder.safeParse({ ...good, ...change }).success, JSON.stringify(change).slice(0, 60));
  for (const mostBytes of [0, -1, 1.5, "9", null])
    assert.ok(!fileOrder.safeParse({ what: "read", path, mostBytes }).success, `${mostBytes}`);
});

test("a folder is swapped for a link while files are read and written", { skip }, async (t) => {
  const { window, order } = open();
  const paths = [at("deep/a"), at("deep/b")];
  // Whatever the paths led to when somebody looked: only these two were decided on.
  window(paths, paths);
  const code = `
    const fs = require("node:fs"); const [inside, outside] = process.argv.slice(1);
    const quietly = (work) => { try { work(); } catch {} };
    process.stdout.write("ready");
    for (;;) {
      quietly(() => fs.renameSync(inside + "/deep", inside + "/aside"));
      quietly(() => fs.symlinkSync(outside + "/deep", inside + "/deep"));
      quietly(() => fs.unlinkSync(inside + "/deep"));
      quietly(() => fs.renameSync(inside + "/aside", inside + "/deep"));
    }`;
  const child = spawn(process.execPath, ["-e", code, inside, outside]);
  t.after(() => child.kill("SIGKILL"));
  await new Promise((resolve) => child.stdout.once("data", resolve));
  const seen = new Set<string>();
  const works: (() => unknown)[] = [
    () => order({ what: "write", path: at("deep/a"), data: base64("mine"), make: false, exclusive: false }),
    () => seen.add(plain(order({ what: "read", path: at("deep/a") }))),
    () => order({ what: "remove", path: at("deep/b") }),
  ];
  for (const work of works) {
    const met = { done: 0, failed: 0 };
    const isEnough = (): boolean => met.done >= 5 && met.failed >= 5;
    const [soonest, latest] = [Date.now() + 150, Date.now() + 8000];
    for (let now = 0; now < (isEnough() ? soonest : latest); now = Date.now()) {
      try {
        work();
        met.done += 1;
      } catch {
        met.failed += 1;
      }
    }
    assert.ok(isEnough(), `both were met: ${JSON.stringify(met)}`);
  }
  child.kill("SIGKILL");
  await new Promise((resolve) => child.once("close", resolve));
  assert.deepEqual([...seen], ["mine"]);
  assert.deepEqual(readdirSync(join(outside, "deep")), ["a"]);
  assert.equal(readFileSync(join(outside, "deep", "a"), "utf8"), "secret");
  assert.equal(existsSync(join(outside, "deep", "b")), false);
});

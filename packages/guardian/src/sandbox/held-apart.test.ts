import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { after, beforeEach, test } from "node:test";
import { createHeldApartFinder, type HeldApartFinder } from "./held-apart.ts";

const root = mkdtempSync(join(tmpdir(), "sc-held-"));
chmodSync(root, 0o755);
after(() => rmSync(root, { recursive: true, force: true }));
const place = join(root, "p");
beforeEach(() => {
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place);
});
const path = (name: string): string => join(place, name);
function put(...names: readonly string[]): void {
  for (const name of names) {
    mkdirSync(join(path(name), ".."), { recursive: true });
    writeFileSync(path(name), "x");
  }
}
const found = async (finder: HeldApartFinder, below = place): Promise<string[]> =>
  (await finder.below(below))
    .map(({ path: at, how, kind }) => `${how} ${kind} ${at.slice(place.length + 1)}`)
    .toSorted();

test("secrets are hidden and what others believe is kept, however deep", async () => {
  put(
    "a.txt",
    ".env",
    "env",
    "deep/er/.env.local",
    "deep/.git/config",
    "deep/.git/hooks/pre-commit",
    "deep/.git/objects/ab/.env",
    "deep/.git/refs/.env",
    ".vscode/.env",
    "venv/bin/python",
    "venv/lib/x",
    "bin/x",
  );
  symlinkSync("/etc", path(".idea"));
  symlinkSync("/etc/passwd", path("plain"));
  assert.deepEqual(await found(createHeldApartFinder()), [
    "hidden file .env",
    "hidden file deep/.git/refs/.env",
    "hidden file deep/er/.env.local",
    "kept file deep/.git/config",
    "kept folder .vscode",
    "kept folder deep/.git",
    "kept folder deep/.git/hooks",
    "kept folder venv/bin",
    "kept link .idea",
  ]);
});

test("what is looked through may lie in something held apart itself", async () => {
  put(".git/config", ".git/hooks/x", ".git/HEAD");
  assert.deepEqual(await found(createHeldApartFinder(), path(".git")), [
    "kept file .git/config",
    "kept folder .git/hooks",
  ]);
});

test("nothing, a file, or a link to a folder is looked through without a word", async () => {
  put("real/.env", "file");
  symlinkSync(path("real"), path("link"));
  const finder = createHeldApartFinder();
  for (const name of ["none", "file", "link", "file/below"])
    assert.deepEqual(await finder.below(path(name)), [], name);
});

test("what was remembered is right again after every change, and no date that somebody sets hides one", async () => {
  put("deep/a");
  const finder = createHeldApartFinder();
  const old = new Date(Date.now() - 1e9);
  utimesSync(path("deep"), old, old);
  await sleep(80);
  assert.deepEqual(await found(finder), []);
  assert.deepEqual(await found(finder), [], "from memory");
  put("deep/.env");
  utimesSync(path("deep"), old, old);
  assert.deepEqual(await found(finder), ["hidden file deep/.env"]);
  await sleep(80);
  await found(finder);
  renameSync(path("deep/.env"), path("deep/.envrc"));
  utimesSync(path("deep"), old, old);
  assert.deepEqual(await found(finder), ["kept file deep/.envrc"]);
  await sleep(80);
  await found(finder);
  renameSync(path("deep"), path("other"));
  assert.deepEqual(await found(finder), ["kept file other/.envrc"]);
  put("deep/.env");
  assert.deepEqual(await found(finder), ["hidden file deep/.env", "kept file other/.envrc"]);
});

test("changes that follow each other within a tick of the clock are all seen", async () => {
  const finder = createHeldApartFinder();
  for (let round = 0; round < 50; round += 1) {
    put(".env");
    assert.deepEqual(await found(finder), ["hidden file .env"], `round ${round}`);
    rmSync(path(".env"));
    assert.deepEqual(await found(finder), [], `round ${round}`);
  }
});

test("another file at the same path has another mark", async () => {
  put(".env", "new");
  const finder = createHeldApartFinder();
  const mark = async (): Promise<string> => (await finder.below(place))[0]?.mark ?? "";
  const before = await mark();
  assert.equal(await mark(), before);
  writeFileSync(path(".env"), "changed in place");
  assert.equal(await mark(), before);
  renameSync(path("new"), path(".env"));
  assert.notEqual(await mark(), before);
  const second = await mark();
  rmSync(path(".env"));
  symlinkSync("nowhere", path(".env"));
  assert.notEqual(await mark(), second, "also when it gets the same inode");
});

test("a folder that cannot be looked through is hidden as a whole", () => {
  put("shut/.env", "open/.env");
  chmodSync(path("shut"), 0o311);
  const isRoot = process.getuid?.() === 0;
  if (isRoot) for (const name of ["", "shut", "open"]) chownSync(path(name), 65_534, 65_534);
  // As somebody whom modes bind.
  const script = `
    if (process.getuid() === 0) { process.setgid(65534); process.setuid(65534); }
    const { createHeldApartFinder } = await import(${JSON.stringify(new URL("./held-apart.ts", import.meta.url).href)});
    for (const { path, how, kind } of await createHeldApartFinder().below(${JSON.stringify(place)}))
      console.log(how, kind, path.slice(${place.length + 1}));`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    encoding: "utf8",
  });
  chmodSync(path("shut"), 0o755);
  assert.deepEqual(
    stdout.trim().split("\n").toSorted(),
    ["hidden file open/.env", "hidden folder shut"],
    stderr,
  );
});

test("a tree that is too large is refused with a sentence, and others wait for no one meanwhile", async () => {
  const finder = createHeldApartFinder();
  for (let at = 0; at < 1200; at += 1) mkdirSync(path(`f${at}`));
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 0);
  await finder.below(place);
  clearInterval(timer);
  assert.ok(turns >= 1, "the thread was held all the time");
  const tooMany = createHeldApartFinder(1000);
  await assert.rejects(tooMany.below(place), { code: "BAD_REQUEST", message: /more than 1000 folders/ });
});

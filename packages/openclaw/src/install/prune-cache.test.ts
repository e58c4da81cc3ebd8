import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import cacache from "cacache";
import { keepTarballsOf } from "./prune-cache.ts";

const home = mkdtempSync(join(tmpdir(), "sc-cache-"));
after(() => rmSync(home, { recursive: true, force: true }));

/** A cache with these entries, and a list of packages for each set of them. */
async function newCache(...texts: readonly string[]) {
  const cache = mkdtempSync(join(home, "cache-"));
  const hashes = new Map<string, string>();
  for (const text of texts)
    hashes.set(text, await cacache.put(cache, `key of ${text}`, text, { algorithms: ["sha512"] }));
  const list = (...named: readonly string[]): string => {
    const file = join(mkdtempSync(join(home, "list-")), "list.json");
    const entries = named.map((text) => [
      `node_modules/${text}`,
      { version: "1.0.0", integrity: hashes.get(text) },
    ]);
    writeFileSync(file, JSON.stringify({ packages: Object.fromEntries(entries) }));
    return file;
  };
  const left = async (): Promise<string[]> =>
    Object.keys(await cacache.ls(cache))
      .map((key) => key.replace("key of ", ""))
      .toSorted();
  const files = (): number =>
    readdirSync(join(cache, "content-v2"), { recursive: true, withFileTypes: true }).filter((one) =>
      one.isFile(),
    ).length;
  return { cache, list, left, files };
}

test("what no list names goes from the disk, and so does what was cut off", async () => {
  const { cache, list, left, files } = await newCache("live", "next", "both", "old");
  mkdirSync(join(cache, "tmp"), { recursive: true });
  writeFileSync(join(cache, "tmp", "half"), "hal");
  await keepTarballsOf(cache, [list("live", "both"), list("next", "both"), join(home, "no-such-list")]);
  assert.deepEqual([await left(), files()], [["both", "live", "next"], 3]);
  assert.ok(!existsSync(join(cache, "tmp", "half")));
  assert.equal(String((await cacache.get(cache, "key of live")).data), "live");
});

test("where nothing is superfluous, nothing is looked at", async () => {
  const { cache, list, files } = await newCache("one", "two");
  mkdirSync(join(cache, "tmp"), { recursive: true });
  writeFileSync(join(cache, "tmp", "being fetched"), "");
  await keepTarballsOf(cache, [list("one", "two")]);
  assert.equal(files(), 2);
  assert.ok(existsSync(join(cache, "tmp", "being fetched")));
});

test("a list that cannot be read, and a cache that is not there, change nothing", async () => {
  const { cache, left } = await newCache("one");
  const garbage = join(home, "garbage.json");
  writeFileSync(garbage, "{");
  await keepTarballsOf(cache, [garbage]);
  assert.deepEqual(await left(), ["one"]);
  await keepTarballsOf(join(home, "no-such-cache"), []);
});

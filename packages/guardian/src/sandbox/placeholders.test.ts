import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, test } from "node:test";
import fc from "fast-check";
import { createPlaceholders } from "./placeholders.ts";

const root = mkdtempSync(join(tmpdir(), "sc-names-"));
after(() => rmSync(root, { recursive: true, force: true }));
const folder = join(root, "p");
const journal = join(root, "names");
const file = (name: string): string => join(folder, name);
const all = [".claude", ".git", ".npmrc", ".pnpmfile.cjs", ".vscode", ".yarnrc.yml"];
const there = (): string[] => readdirSync(folder).toSorted();
beforeEach(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(journal, { recursive: true, force: true });
  mkdirSync(folder);
});

test("the free names are taken, and given back without a trace", () => {
  const placeholders = createPlaceholders(journal);
  const end = placeholders.take(folder, { git: true });
  assert.deepEqual(there(), all);
  assert.ok(statSync(file(".git")).isDirectory() && statSync(file(".npmrc")).size === 0);
  end();
  end();
  assert.deepEqual(there(), []);
  const other = placeholders.take(folder, { git: false });
  assert.deepEqual(
    there(),
    all.filter((name) => name !== ".git"),
  );
  other();
  assert.deepEqual(there(), []);
});

test("what was there before stays, also a link that leads nowhere", () => {
  writeFileSync(file(".npmrc"), "");
  mkdirSync(file(".vscode"));
  symlinkSync("nowhere", file(".yarnrc.yml"));
  createPlaceholders(journal).take(folder, { git: true })();
  assert.deepEqual(there(), [".npmrc", ".vscode", ".yarnrc.yml"]);
  assert.equal(existsSync(file("nowhere")), false);
});

test("what the user made of one meanwhile stays", () => {
  const end = createPlaceholders(journal).take(folder, { git: true });
  writeFileSync(file(".npmrc"), "save-exact=true");
  writeFileSync(join(file(".vscode"), "settings.json"), "{}");
  unlinkSync(file(".yarnrc.yml"));
  writeFileSync(file(".yarnrc.yml"), "yarnPath: x");
  rmdirSync(file(".claude"));
  writeFileSync(file(".claude"), "");
  end();
  assert.deepEqual(there(), [".claude", ".npmrc", ".vscode", ".yarnrc.yml"]);
  assert.equal(readFileSync(file(".npmrc"), "utf8"), "save-exact=true");
});

test("of several commands the last one gives them back, and one that was taken away is made again", () => {
  const placeholders = createPlaceholders(journal);
  const [one, other] = [placeholders.take(folder, { git: true }), placeholders.take(folder, { git: true })];
  one();
  assert.deepEqual(there(), all);
  rmdirSync(file(".vscode"));
  const third = placeholders.take(folder, { git: true });
  assert.deepEqual(there(), all);
  other();
  assert.deepEqual(there(), all, "the third one still runs");
  third();
  assert.deepEqual(there(), []);
});

test("a folder that cannot be written in, or is gone, is none of its business", () => {
  const placeholders = createPlaceholders(journal);
  placeholders.take(file("none"), { git: true })();
  const end = placeholders.take(folder, { git: true });
  rmSync(folder, { recursive: true });
  end();
  assert.equal(existsSync(folder), false);
  mkdirSync(folder);
});

test("after a crash those are taken away that are still as they were made", () => {
  createPlaceholders(journal).take(folder, { git: true });
  writeFileSync(file(".npmrc"), "save-exact=true");
  createPlaceholders(journal);
  assert.deepEqual(there(), [".npmrc"]);
  assert.equal(existsSync(journal), false);
});

test("a journal that was cut, or says something else, takes nothing away", () => {
  const other = file("mine");
  writeFileSync(other, "");
  for (const text of ["", "[", "{}", "null", JSON.stringify([{ path: other, kind: "file", inode: 1 }])]) {
    writeFileSync(journal, text);
    createPlaceholders(journal);
    assert.deepEqual(there(), ["mine"], text);
  }
  writeFileSync(journal, JSON.stringify([{ path: other, kind: "file", inode: "1" }]));
  createPlaceholders(journal);
  assert.deepEqual(there(), ["mine"], "another file than was made");
});

test("it goes on where the journal cannot be written", () => {
  mkdirSync(journal);
  const placeholders = createPlaceholders(join(journal, "none", "names"));
  const end = placeholders.take(folder, { git: true });
  assert.deepEqual(there(), all);
  end();
  assert.deepEqual(there(), []);
});

test("whatever commands come and go, the names are taken while one runs and free when none does", () => {
  const step = fc.record({ begin: fc.boolean(), at: fc.nat(5), git: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const placeholders = createPlaceholders(journal);
      const running: { end: () => void; git: boolean }[] = [];
      for (const { begin, at, git } of steps) {
        if (begin) running.push({ end: placeholders.take(folder, { git }), git });
        else running.splice(at, 1)[0]?.end();
        const expected = all.filter((name) => running.some((one) => name !== ".git" || one.git));
        assert.deepEqual(there(), expected);
      }
      for (const { end } of running) end();
      assert.deepEqual(there(), []);
    }),
    { numRuns: 50 },
  );
});

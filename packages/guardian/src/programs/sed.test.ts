/** What is read out of a script of sed, beside sed itself, which refuses in its sandbox what runs, reads or writes. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import fc from "fast-check";
import { readSed } from "./languages.ts";

const sandbox = (script: string): string =>
  spawnSync("sed", ["--sandbox", "-n", "--", script], {
    input: "a\n",
    encoding: "utf8",
    env: { LC_ALL: "C", PATH: process.env["PATH"] },
  }).stderr;
const skip = sandbox("w x").includes("sandbox") ? false : "the sed of this system has no sandbox";

test("no script that leaves its output is taken for one that does not", { skip }, () => {
  const pieces = fc.constantFrom(
    ..."s/|[]\\^wWrRe;\n{}ab,1$yp:&Ig # !~+MtacixFl".split(""),
    "s/a/b/",
    "/a/",
    "[/]",
    "\\/",
    "[^]",
    "y/a/b/",
    "s|a|b|",
    "[[:alpha:]]",
  );
  let refused = 0;
  fc.assert(
    fc.property(fc.array(pieces, { minLength: 1, maxLength: 12 }), (parts) => {
      const script = parts.join("");
      if (!sandbox(script).includes("disabled in sandbox mode")) return;
      refused += 1;
      const { reads, writes, beyond } = readSed(script);
      assert.ok(reads.length > 0 || writes.length > 0 || beyond !== null, JSON.stringify(script));
    }),
    { numRuns: 3000 },
  );
  assert.ok(refused > 100, String(refused));
});

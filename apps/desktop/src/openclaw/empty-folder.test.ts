import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { emptyFolder } from "./empty-folder.ts";

test("everything in the folder goes, and nothing outside is touched", (t) => {
  const root = mkdtempSync(join(tmpdir(), "sc-tmp-"));
  t.after(() => rmSync(root, { recursive: true }));
  const folder = join(root, "tmp");
  const outside = join(root, "outside");
  for (const path of [outside, join(folder, "upload")]) mkdirSync(path, { recursive: true });
  for (const file of [join(outside, "kept"), join(folder, "upload", "one"), join(folder, "left")])
    writeFileSync(file, "");
  symlinkSync(outside, join(folder, "link"));
  emptyFolder(folder);
  assert.deepEqual(readdirSync(folder), []);
  assert.deepEqual(readdirSync(outside), ["kept"]);
});

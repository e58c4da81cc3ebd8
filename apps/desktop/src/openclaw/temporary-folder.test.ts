import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { clearTemporaryFolder } from "./temporary-folder.ts";

test("what was left behind goes, what is compiled stays, and nothing outside is touched", (t) => {
  const root = mkdtempSync(join(tmpdir(), "sc-tmp-"));
  t.after(() => rmSync(root, { recursive: true }));
  const folder = join(root, "tmp");
  const outside = join(root, "outside");
  for (const path of [outside, join(folder, "node-compile-cache"), join(folder, "upload")])
    mkdirSync(path, { recursive: true });
  writeFileSync(join(outside, "kept"), "");
  writeFileSync(join(folder, "left"), "");
  symlinkSync(outside, join(folder, "link"));
  clearTemporaryFolder(folder);
  assert.deepEqual(readdirSync(folder), ["node-compile-cache"]);
  assert.deepEqual(readdirSync(outside), ["kept"]);
});

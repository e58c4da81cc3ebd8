/** Undoing that is killed at each change that it makes on the disk. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { openTestUndo } from "./testing/test-undo.ts";
import { treeOf } from "./testing/trees.ts";

const skip = process.platform === "linux" ? false : "by /proc, which is on Linux only";
const root = realpathSync(mkdtempSync(join(tmpdir(), "sc-undo-crash-")));
after(() => rmSync(root, { recursive: true, force: true }));
const child = fileURLToPath(new URL("testing/undo-child.ts", import.meta.url));

test("killed at any moment, it leaves old or new, and the next call finishes it", { skip }, async () => {
  let kills = 0;
  for (let changes = 0; ; changes += 1) {
    const place = join(root, `${changes}`);
    const at = (name: string): string => join(place, "p", name);
    mkdirSync(at("t/deep"), { recursive: true });
    writeFileSync(at("t/a"), "before");
    writeFileSync(at("t/deep/b"), "b");
    symlinkSync("a", at("t/link"));
    writeFileSync(at("t/kind"), "a file");
    const before = treeOf(at("t"));
    const it = openTestUndo(join(place, "store"));
    const id = await it.act([at("t"), at("moved")], () => {
      writeFileSync(at("t/a"), "by the action");
      renameSync(at("t/deep"), at("moved"));
      rmSync(at("t/link"));
      rmSync(at("t/kind"));
      mkdirSync(at("t/kind/new"), { recursive: true });
    });
    const left = treeOf(at("t"));
    const { stdout, signal } = spawnSync(process.execPath, [child, it.folder, id, `${changes}`], {
      encoding: "utf8",
    });
    const cut = treeOf(at("t"));
    for (const one of ["a"])
      assert.ok(
        cut.some((line) => line.startsWith(`${one} `) && [...before, ...left].includes(line)),
        `${changes}: ${one} is old or new`,
      );
    const later = it.reopen();
    const { state } = later.store.find(id);
    if (signal === null) {
      assert.deepEqual([stdout, state], ["done", "done"]);
      assert.deepEqual(cut, before);
      break;
    }
    kills += 1;
    if (state !== "done")
      assert.equal((await later.undo(id, false)).state, "done", `after ${changes} changes`);
    assert.deepEqual(treeOf(at("t")), before, `after ${changes} changes`);
    assert.deepEqual(treeOf(at("moved")), []);
    const { aside } = later.store.find(id);
    assert.ok(aside !== null);
    // Its memory of what was left may have been cut off, too.
    assert.equal((await later.undo(aside, true)).state, "done");
    assert.deepEqual(treeOf(at("t")), left, `undone again, after ${changes} changes`);
  }
  assert.ok(kills > 20, `${kills} kills`);
});

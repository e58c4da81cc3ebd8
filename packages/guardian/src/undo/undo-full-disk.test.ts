/** Copies on a disk that is really full. */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { testOnSmallDisk } from "../audit/testing/small-disk.ts";
import { openTestUndo } from "./testing/test-undo.ts";

testOnSmallDisk(import.meta.url, {
  async "a copy that has no room is not kept in part, and says so"(disk) {
    mkdirSync(join(disk.path, "p"));
    const file = join(disk.path, "p", "a");
    writeFileSync(file, Buffer.alloc(200_000, 1));
    const it = openTestUndo(join(disk.path, "store"));
    disk.fill(100_000);
    await assert.rejects(it.take([file]), {
      code: "DISK_FULL",
      message: /no copy can be kept.*disk is full/i,
    });
    assert.deepEqual(readdirSync(it.folder), []);
    disk.relieve();
    await it.take([file]);
  },
  async "undoing that has no room puts back nothing, or goes on when there is some"(disk) {
    mkdirSync(join(disk.path, "p"));
    const at = (name: string): string => join(disk.path, "p", name);
    writeFileSync(at("a"), Buffer.alloc(150_000, 1));
    writeFileSync(at("b"), Buffer.alloc(150_000, 2));
    const it = openTestUndo(join(disk.path, "store"));
    const id = await it.act([at("a"), at("b")], () => {
      writeFileSync(at("a"), "action");
      writeFileSync(at("b"), "action");
    });
    for (const left of [0, 30_000, 100_000, 180_000]) {
      disk.fill(left);
      await assert.rejects(it.undo(id, false), { code: "DISK_FULL" }, `${left}`);
      for (const name of ["a", "b"])
        assert.ok([6, 150_000].includes(readFileSync(at(name)).length), "old or new, as a whole");
      disk.relieve();
    }
    assert.equal((await it.undo(id, false)).state, "done");
    assert.equal(readFileSync(at("b"))[0], 2);
  },
});

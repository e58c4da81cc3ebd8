/** The store on a disk that is really full: a tmpfs in a mount namespace of its own, in which this file runs once more. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, fstatSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { day, grant, inForce, run, testPlace } from "./testing/test-store.ts";

const variable = "SMARTCLAW_FULL_DISK_OF_GRANTS";
const disk = process.env[variable];
const isFull = { code: "DISK_FULL", message: /disk is full/ };

if (disk === undefined) startInside();
else {
  void test("what is refused for want of space is not there, and what was there stays", () => {
    const place = testPlace(join(disk, "one"));
    let store = place.open();
    const [first, second] = store.add([grant(run("ls")), grant(run("rm"), { effect: "deny" })]);
    fill();
    const before = [store.list(), store.effective()];
    // The log of SQLite has room for some.
    const made: string[] = [];
    assert.throws(() => {
      for (;;)
        made.push(...store.add(Array.from({ length: 50 }, () => grant(run("ls")))).map(({ id }) => id));
    }, isFull);
    assert.equal(store.list().length, 2 + made.length);
    assert.deepEqual([store.list().slice(0, 2), store.damage()], [before[0], null]);
    place.clock.time += day;
    store.used([first?.id ?? ""]);
    store.used([first?.id ?? ""]);
    assert.deepEqual(store.list()[0]?.uses, 2);
    store.close();
    store = place.open();
    assert.deepEqual([store.list().length, store.damage()], [2 + made.length, null]);
    assert.deepEqual(inForce(store).deny, [second?.id]);
    store.close();
    relieve();
  });

  void test("a panic holds at once, and is written as soon as something can be", () => {
    const place = testPlace(join(disk, "two"));
    let store = place.open();
    store.add([grant(run("ls"))]);
    store.close();
    fill();
    store = place.open();
    assert.equal(inForce(store).allow.length, 1);
    assert.throws(() => store.panic(), isFull);
    assert.deepEqual([inForce(store).allow, store.isArmed(), store.epoch()], [[], false, 2]);
    assert.throws(() => store.arm(), isFull);
    assert.equal(store.isArmed(), false);
    relieve();
    store.add([grant(run("rm"), { effect: "deny" })]);
    store.close();
    store = place.open();
    assert.deepEqual([inForce(store).allow, store.isArmed(), store.epoch()], [[], false, 2]);
    store.close();
  });

  void test("however little space is left, a store that could not be made is made when there is some", () => {
    const place = testPlace(join(disk, "three"));
    for (let left = 0; left < 12; left += 1) {
      fill(left * 4096);
      try {
        const store = place.open();
        assert.match(store.damage() ?? "disk is full", /disk is full/);
        store.close();
      } catch (error) {
        assert.equal((error as { code?: string }).code, "DISK_FULL", String(error));
      }
      relieve();
    }
    const store = place.open();
    assert.deepEqual([store.damage(), store.add([grant(run("ls"))]).length], [null, 1]);
    store.close();
  });
}

function startInside(): void {
  const folder = mkdtempSync(join(tmpdir(), "sc-grants-full-"));
  const mounting = (flags: string, ...command: string[]): string[] => [
    flags,
    "sh",
    "-c",
    'mount -t tmpfs -o size=1m none "$0" && exec "$@"',
    folder,
    ...command,
  ];
  const flags = ["-m", "-rm"].find((one) => spawnSync("unshare", mounting(one, "true")).status === 0);
  const skip = flags === undefined ? "no file system can be mounted here (unshare, tmpfs)" : false;
  void test("on a full disk", { skip }, () => {
    const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
    const self = [process.execPath, "--test-reporter=tap", fileURLToPath(import.meta.url)];
    const { status, stdout, stderr } = spawnSync("unshare", mounting(flags ?? "", ...self), {
      env: { ...environment, [variable]: folder },
      encoding: "utf8",
    });
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, /^# pass 3$/m);
    rmSync(folder, { recursive: true });
  });
}

/** Until nothing more fits, but for `left` bytes. */
function fill(left = 0): void {
  const descriptor = openSync(join(disk ?? "", "filler"), "a");
  try {
    for (;;) writeSync(descriptor, Buffer.alloc(4096));
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, "ENOSPC");
  }
  ftruncateSync(descriptor, Math.max(0, fstatSync(descriptor).size - left));
  closeSync(descriptor);
}

function relieve(): void {
  rmSync(join(disk ?? "", "filler"));
}

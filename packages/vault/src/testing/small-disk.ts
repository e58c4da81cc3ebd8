/**
 * Tests on a disk that is really full: a tmpfs in a mount namespace of its own, a new one for each test. The test file
 * starts itself once more in there and runs that one test.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  closeSync,
  fstatSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  rmSync,
  statfsSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";

export interface SmallDisk {
  /** Where it is mounted. */
  readonly path: string;
  /** In bytes. */
  free(): number;
  /** Writes until nothing more fits, then gives `left` bytes back. */
  fill(left?: number): void;
  /** Takes away what `fill` wrote. */
  relieve(): void;
}

type Tests = Readonly<Record<string, (disk: SmallDisk, t: TestContext) => Promise<void>>>;

const folderVariable = "SMARTCLAW_SMALL_DISK";
const testVariable = "SMARTCLAW_SMALL_DISK_TEST";

/**
 * @param script the test file that calls this, as `import.meta.url`; it holds no other tests
 * @param size of the disk, as mount(8) takes it: `1m`
 */
export function testOnSmallDisk(script: string, size: string, tests: Tests): void {
  const folder = process.env[folderVariable];
  if (folder === undefined) return startInside(fileURLToPath(script), size, Object.keys(tests));
  const wanted = process.env[testVariable] ?? "";
  void test(wanted, async (t) => {
    const work = tests[wanted];
    assert.ok(work !== undefined);
    await work(smallDisk(folder), t);
  });
}

function startInside(script: string, size: string, names: readonly string[]): void {
  const folder = mkdtempSync(join(tmpdir(), "sc-full-"));
  after(() => rmSync(folder, { recursive: true }));
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
  const run = (flags: string, name: string, ...command: string[]) =>
    spawnSync(
      "unshare",
      [flags, "sh", "-c", `mount -t tmpfs -o size=${size} none "$0" && exec "$@"`, folder, ...command],
      { env: { ...environment, [folderVariable]: folder, [testVariable]: name }, encoding: "utf8" },
    );
  /** As root, or as a user that may have a user namespace. */
  const flags = ["-m", "-rm"].find((one) => run(one, "", "true").status === 0);
  const skip = flags === undefined ? "no file system can be mounted here (unshare, tmpfs)" : false;
  for (const name of names)
    void test(name, { skip }, () => {
      const { status, stdout, stderr } = run(
        flags ?? "",
        name,
        process.execPath,
        "--test-reporter=tap",
        script,
      );
      assert.equal(status, 0, stdout + stderr);
      assert.match(stdout, /^# pass 1$/m);
    });
}

function smallDisk(path: string): SmallDisk {
  const filler = join(path, "filler");
  return {
    path,
    free() {
      const { bavail, bsize } = statfsSync(path);
      return bavail * bsize;
    },
    fill(left = 0) {
      const descriptor = openSync(filler, "a");
      try {
        for (;;) writeSync(descriptor, Buffer.alloc(4096));
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, "ENOSPC");
      }
      ftruncateSync(descriptor, Math.max(0, fstatSync(descriptor).size - left));
      closeSync(descriptor);
    },
    relieve: () => rmSync(filler),
  };
}

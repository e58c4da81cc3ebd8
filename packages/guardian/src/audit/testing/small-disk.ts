/**
 * Tests on a disk that is really full: a tmpfs of 1 MiB in a mount namespace of its own, a new one for each test. The
 * test file starts itself once more in there and runs that one test.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, fstatSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

interface SmallDisk {
  /** Where it is mounted. */
  readonly path: string;
  /** Writes until nothing more fits, then gives `left` bytes back. */
  fill(left?: number): void;
  /** Takes away what `fill` wrote. */
  relieve(): void;
}

const folderVariable = "SMARTCLAW_SMALL_DISK";
const testVariable = "SMARTCLAW_SMALL_DISK_TEST";

/** @param script the test file that calls this, as `import.meta.url`; it holds no other tests */
export function testOnSmallDisk(
  script: string,
  tests: Readonly<Record<string, (disk: SmallDisk) => void | Promise<void>>>,
): void {
  const path = process.env[folderVariable];
  if (path === undefined) return startInside(fileURLToPath(script), Object.keys(tests));
  const wanted = process.env[testVariable] ?? "";
  void test(wanted, async () => {
    const work = tests[wanted];
    assert.ok(work !== undefined);
    await work(smallDisk(path));
  });
}

function startInside(script: string, names: readonly string[]): void {
  const folder = mkdtempSync(join(tmpdir(), "sc-full-"));
  after(() => rmSync(folder, { recursive: true }));
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
  const mounting = 'mount -t tmpfs -o size=1m none "$0" && exec "$@"';
  const run = (flags: string, name: string, ...command: string[]) =>
    spawnSync("unshare", [flags, "sh", "-c", mounting, folder, ...command], {
      env: { ...environment, [folderVariable]: folder, [testVariable]: name },
      encoding: "utf8",
    });
  // As root, or as a user that may have a user namespace.
  const flags = ["-m", "-rm"].find((one) => run(one, "", "true").status === 0);
  const skip = flags === undefined ? "no file system can be mounted here (unshare, tmpfs)" : false;
  for (const name of names)
    void test(name, { skip }, () => {
      const command = [process.execPath, "--test-reporter=tap", script];
      const { status, stdout, stderr } = run(flags ?? "", name, ...command);
      assert.equal(status, 0, stdout + stderr);
      assert.match(stdout, /^# pass 1$/m);
    });
}

function smallDisk(path: string): SmallDisk {
  const filler = join(path, "filler");
  return {
    path,
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

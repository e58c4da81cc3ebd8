/**
 * Tests on a disk that is really full: a tmpfs in a mount namespace of its own, a new one for each test. The test file
 * starts itself once more in there and runs that one test, or all of it.
 */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
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

/**
 * For a test file whose tests share what is dear to start: goes on in a process that has a small disk, and a loopback
 * network with no other program on it. Its output is this one's, which waits for it and ends as it did. Returns in the
 * other process only.
 * @returns null where none of that can be had; then there is no other process
 */
export async function moveApart(script: string, size: string): Promise<SmallDisk | null> {
  const inside = process.env[folderVariable];
  if (inside !== undefined) return smallDisk(inside);
  const folder = mkdtempSync(join(tmpdir(), "sc-full-"));
  const networkUp = ["sh", "-c", 'ip link set lo up && exec "$@"', "-"];
  const apart = (flags: string, ...command: string[]): string[] =>
    mounting(`${flags}n`, folder, size, [...networkUp, ...command]);
  const flags = flagsThatWork((one) => apart(one, "true"));
  if (flags === undefined) {
    rmSync(folder, { recursive: true });
    return null;
  }
  const child = spawn("unshare", apart(flags, process.execPath, ...process.execArgv, fileURLToPath(script)), {
    env: { ...process.env, [folderVariable]: folder },
    stdio: "inherit",
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
  const [code] = (await once(child, "exit")) as [number | null];
  rmSync(folder, { recursive: true });
  return process.exit(code ?? 1);
}

/** Arguments of unshare(1): a tmpfs in a mount namespace of its own, and `command` in there. */
function mounting(flags: string, folder: string, size: string, command: readonly string[]): string[] {
  return [flags, "sh", "-c", `mount -t tmpfs -o size=${size} none "$0" && exec "$@"`, folder, ...command];
}

/** As root, or as a user that may have a user namespace; undefined where neither can mount. */
function flagsThatWork(tried: (flags: string) => string[]): string | undefined {
  return ["-m", "-rm"].find((flags) => spawnSync("unshare", tried(flags)).status === 0);
}

function startInside(script: string, size: string, names: readonly string[]): void {
  const folder = mkdtempSync(join(tmpdir(), "sc-full-"));
  after(() => rmSync(folder, { recursive: true }));
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
  const run = (flags: string, name: string, ...command: string[]) =>
    spawnSync("unshare", mounting(flags, folder, size, command), {
      env: { ...environment, [folderVariable]: folder, [testVariable]: name },
      encoding: "utf8",
    });
  const flags = flagsThatWork((one) => mounting(one, folder, size, ["true"]));
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

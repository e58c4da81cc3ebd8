/**
 * The built daemon in a folder on a disk that is really full: a tmpfs in a mount namespace of its own. This file starts
 * itself a second time in there.
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
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { connectionId, type ErrorReport } from "@smartclaw/contracts";
import { startProviderStandIn } from "@smartclaw/egress/testing";
import { createDaemonHome } from "./testing/real-daemon.ts";

const passphrase = "correct horse battery staple";
const id = connectionId.parse("compatible");
const whileRunning = "a disk that becomes full: it lives on, says what is the matter and loses nothing";
const atStart = "a disk that is full at the start: it answers, or says in a sentence why it does not";

const disk = process.env["SMARTCLAW_SMALL_DISK"];
if (disk === undefined) outside();
else inside(disk);

function outside(): void {
  const folder = mkdtempSync(join(tmpdir(), "sc-full-"));
  after(() => rmSync(folder, { recursive: true }));
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
  /** As root, or as a user that may have a user namespace. */
  const run = (flags: string, ...command: string[]) =>
    spawnSync(
      "unshare",
      [flags, "sh", "-c", 'mount -t tmpfs -o size=8m none "$0" && exec "$@"', folder, ...command],
      { env: { ...environment, SMARTCLAW_SMALL_DISK: folder }, encoding: "utf8" },
    );
  const flags = ["-m", "-rm"].find((one) => run(one, "true").status === 0);
  const skip = flags === undefined ? "no file system can be mounted here (unshare, tmpfs)" : false;
  const runInside = (name: string): void => {
    const script = fileURLToPath(import.meta.url);
    const only = `--test-name-pattern=${name}`;
    const { status, stdout, stderr } = run(
      flags ?? "",
      process.execPath,
      "--test-reporter=tap",
      only,
      script,
    );
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, /^# pass 1$/m);
  };
  test(whileRunning, { skip }, () => runInside(whileRunning));
  test(atStart, { skip }, () => runInside(atStart));
}

function inside(disk: string): void {
  const filler = join(disk, "filler");

  test(whileRunning, async () => {
    const provider = await startProviderStandIn({ key: null });
    const request = { kind: "compatible" as const, baseUrl: `${provider.url}/v1`, model: "standin-1" };
    const home = createDaemonHome(join(disk, "running"));
    let daemon = await home.start();
    try {
      await daemon.api.vault.setup({ kind: "passphrase", passphrase });
      await daemon.api.keys.add({ ...request, key: "sk-first-0123456789" });
      const { total } = await daemon.api.network.list({ limit: 1 });

      // A request runs while the disk becomes full: its bytes cannot be counted any more.
      provider.script({ kind: "answer", text: "ready", delayMs: 2_500 });
      const asked = provider.requests.length;
      const running = daemon.api.keys.test({ id }).then(() => null, reportIn);
      await daemon.until(() => provider.requests.length > asked, "the provider is asked");
      fillUp(filler);
      assert.equal(statfsSync(disk).bavail, 0);
      await running;

      // The ledger's last page has room for a few more rows; then nothing is sent any more.
      let sent: number;
      do {
        sent = provider.requests.length;
        assertDiskFull(await daemon.api.keys.test({ id }).then(() => null, reportIn), /not saved/);
      } while (provider.requests.length > sent);
      const added = await daemon.api.keys
        .add({ ...request, key: "sk-second-0123456789" })
        .then(({ check }) => (check.ok ? null : check.error), reportIn);
      assertDiskFull(added, /^The connection was not opened/);
      const set = await daemon.api.settings.set({ allowedHosts: ["example.org"] }).then(() => null, reportIn);
      assertDiskFull(set, /not saved/);
      assert.deepEqual((await daemon.api.settings.get()).allowedHosts, []);
      assert.equal((await daemon.api.system.status()).vault.state, "ready");
      assert.equal((await daemon.api.network.list({ limit: 1 })).total >= total, true);
      assert.equal(daemon.alive() ? daemon.errors() : "it ended", "");

      rmSync(filler);
      assert.equal((await daemon.api.keys.test({ id })).ok, true);
      fillUp(filler);
      await daemon.stop();
      assert.equal(daemon.exitCode(), 0, daemon.errors());
      rmSync(filler);

      daemon = await home.start();
      await daemon.api.vault.unlock({ kind: "passphrase", passphrase });
      assert.equal((await daemon.api.keys.test({ id })).ok, true);
      assert.equal(provider.requests.at(-1)?.headers.authorization, "Bearer sk-first-0123456789");
      const { connection } = await daemon.api.keys.add({ ...request, key: "sk-second-0123456789" });
      assert.equal(connection?.hasKey, true);
      await daemon.api.settings.set({ allowedHosts: ["example.org"] });
      assert.equal((await daemon.api.network.list({ limit: 1 })).total > total, true);
    } finally {
      await daemon.stop();
      await provider.close();
    }
  });

  test(atStart, async () => {
    const home = createDaemonHome(join(disk, "start"));
    const first = await home.start();
    await first.api.vault.setup({ kind: "passphrase", passphrase });
    await first.stop();
    fillUp(filler);
    const second = await home.start().catch((error: unknown) => String(error));
    if (typeof second === "string") {
      assert.match(second, /disk is full/);
      assert.match(second, /[Ff]ree some space/);
      assert.doesNotMatch(second, /^\s+at /m);
      return;
    }
    try {
      assert.equal((await second.api.vault.unlock({ kind: "passphrase", passphrase })).state, "ready");
    } finally {
      await second.stop();
    }
  });
}

/** Writes until nothing more fits, then gives `left` bytes back. */
function fillUp(path: string, left = 0): void {
  const descriptor = openSync(path, "a");
  try {
    for (;;) writeSync(descriptor, Buffer.alloc(4096));
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, "ENOSPC");
  }
  ftruncateSync(descriptor, fstatSync(descriptor).size - left);
  closeSync(descriptor);
}

function assertDiskFull(report: ErrorReport | null, message: RegExp): void {
  assert.equal(report?.code, "DISK_FULL", JSON.stringify(report));
  assert.match(report.message, message);
  assert.match(report.next, /^Free some space/);
}

function reportIn(error: unknown): ErrorReport {
  return (error as { data: ErrorReport }).data;
}

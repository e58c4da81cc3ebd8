/** The built daemon in a folder on a disk that is really full. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { connectionId, type ErrorReport } from "@smartclaw/contracts";
import { startProviderStandIn } from "@smartclaw/egress/testing";
import { testOnSmallDisk } from "@smartclaw/vault/testing";
import { createDaemonHome } from "./testing/real-daemon.ts";

const passphrase = "correct horse battery staple";
const id = connectionId.parse("compatible");

testOnSmallDisk(import.meta.url, "8m", {
  "a disk that becomes full: it lives on, says what is the matter and loses nothing": async (disk) => {
    const provider = await startProviderStandIn({ key: null });
    const request = { kind: "compatible" as const, baseUrl: `${provider.url}/v1`, model: "standin-1" };
    const home = createDaemonHome(join(disk.path, "running"));
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
      disk.fill();
      assert.equal(disk.free(), 0);
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

      disk.relieve();
      assert.equal((await daemon.api.keys.test({ id })).ok, true);
      disk.fill();
      await daemon.stop();
      assert.equal(daemon.exitCode(), 0, daemon.errors());
      disk.relieve();

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
  },

  "a disk that is full at the start: it answers, or says in a sentence why it does not": async (disk) => {
    const home = createDaemonHome(join(disk.path, "start"));
    const first = await home.start();
    await first.api.vault.setup({ kind: "passphrase", passphrase });
    await first.stop();
    disk.fill();
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
  },
});

function assertDiskFull(report: ErrorReport | null, message: RegExp): void {
  assert.equal(report?.code, "DISK_FULL", JSON.stringify(report));
  assert.match(report.message, message);
  assert.match(report.next, /^Free some space/);
}

function reportIn(error: unknown): ErrorReport {
  return (error as { data: ErrorReport }).data;
}

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { InstallState } from "@smartclaw/contracts";
import { createReleases, type ReleaseLists } from "@smartclaw/openclaw";
import { ensureList } from "./ensure-list.ts";

const now = Date.UTC(2026, 10, 1, 12);
type Request = Parameters<ReleaseLists["ensure"]>[0];

function newUpdate(t: TestContext, whole: boolean) {
  const folder = mkdtempSync(join(tmpdir(), "sc-list-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const list = join(folder, "list.json");
  const asked: Request[] = [];
  const shown: InstallState[] = [];
  const releases = createReleases({ root: folder, platform: process.platform });
  const run = (): Promise<void> =>
    ensureList(
      {
        from: { version: "1.0.0", node: "bundled", state: "openclaw" },
        to: { version: "2.0.0", node: "bundled", state: "2.0.0-a" },
        insisted: true,
      },
      {
        releases: {
          ...releases,
          find: () => ({
            name: "openclaw",
            version: "2.0.0",
            integrity: "sha512-",
            node: "*",
            installedAt: 0,
            counts: [],
          }),
          isWhole: async () => whole,
        },
        lists: {
          pathOf: () => list,
          tidy() {},
          async ensure(request, onProgress) {
            asked.push(request);
            const counts = { bytesDone: 7, bytesTotal: null, packagesDone: 1, packagesTotal: 2 };
            onProgress({ type: "progress", stage: "verify", ...counts });
          },
        },
        integrityOf: async (version) => `hash of ${version}`,
        coolDownMs: () => 3_600_000,
        clock: { now: () => now },
      },
      (state) => shown.push(state),
      new AbortController().signal,
    );
  return { run, list, asked, shown };
}

test("a release without a list gets one, judged by that of the running release, and it is seen", async (t) => {
  const { run, asked, shown } = newUpdate(t, false);
  await run();
  const [request] = asked;
  assert.deepEqual([request?.version, request?.earlier, request?.insisted], ["2.0.0", "1.0.0", true]);
  assert.equal(request?.before?.toISOString(), "2026-11-01T11:00:00.000Z");
  assert.equal(await request?.integrity?.(new AbortController().signal), "hash of 2.0.0");
  const counts = { bytesDone: 7, bytesTotal: null, packagesDone: 1, packagesTotal: 2 };
  assert.deepEqual(shown, [
    { state: "installing", version: "2.0.0", stage: "resolve", startedAt: now, ...counts },
  ]);
});

test("a release that lies there whole needs no list, and one with a list no other", async (t) => {
  const whole = newUpdate(t, true);
  await whole.run();
  const listed = newUpdate(t, false);
  writeFileSync(listed.list, "{}");
  await listed.run();
  assert.deepEqual([whole.asked, listed.asked], [[], []]);
});

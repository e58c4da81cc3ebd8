/** The audit log on a disk that is really full. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { SmartClawError } from "@smartclaw/contracts";
import { type AuditEntry, auditKind } from "./entry.ts";
import { verifyExport } from "./verify-export.ts";
import { openTestLog, request, testKey, testPlace } from "./testing/open-test-log.ts";
import { testOnSmallDisk } from "./testing/small-disk.ts";

const large = (size: number): AuditEntry => ({ kind: "answer", body: { text: "y".repeat(size) } });

testOnSmallDisk(import.meta.url, {
  "a row is refused with a sentence, what is there stays readable, and space heals it": async (disk) => {
    const [file, place] = [join(disk.path, "guardian", "audit.sqlite"), testPlace()];
    let log = openTestLog(file, place);
    for (let number = 1; number <= 20; number++) log.append(request(number));
    disk.fill();
    assert.throws(() => log.append(large(30_000)), isDiskFull);
    assert.throws(() => log.append(large(30_000)), isDiskFull);
    assert.deepEqual(await log.verify(), { state: "whole", rows: 20 });
    assert.equal(log.page({ before: null, limit: 50 }).length, 20);
    log.close();

    disk.fill();
    log = openTestLog(file, place);
    assert.deepEqual(await log.verify(), { state: "whole", rows: 20 });
    assert.deepEqual(verifyExport(log.exportLines(), testKey), { state: "whole", rows: 20 });
    assert.throws(() => log.append(large(30_000)), isDiskFull);
    disk.relieve();
    assert.equal(log.append(large(30_000)).seq, 21);
    assert.deepEqual(await log.verify(), { state: "whole", rows: 21 });
    log.close();
    assert.equal(place.head?.seq, 21);
    assert.deepEqual(log.errors, []);
  },

  "however little space is left, a row is acknowledged and there, or refused and not there": async (disk) => {
    const [file, place] = [join(disk.path, "audit.sqlite"), testPlace()];
    const written: string[] = [];
    let refused = 0;
    openTestLog(file, place).close();
    for (let pages = 0; pages < 24; pages++) {
      disk.fill(pages * 4096);
      const log = openTestLog(file, place);
      for (const size of [10, 9_000, 10, 40_000, 3_000, 10]) {
        const entry = large(size);
        try {
          const { mac } = log.append({ ...entry, kind: auditKind.options[pages % 4] ?? "end" });
          written.push(mac);
        } catch (error) {
          assert.ok(isDiskFull(error));
          refused++;
        }
        assert.deepEqual(await log.verify(), { state: "whole", rows: written.length });
      }
      assert.deepEqual(
        log
          .page({ before: null, limit: 1000 })
          .map(({ mac }) => mac)
          .toReversed(),
        written,
      );
      assert.deepEqual(log.errors, []);
      log.close();
    }
    assert.ok(refused > 10 && written.length > 10, `${refused} refused, ${written.length} acknowledged`);
  },

  "a log that could not be made for want of space is made when there is some": async (disk) => {
    const [file, place] = [join(disk.path, "guardian", "audit.sqlite"), testPlace()];
    disk.fill();
    assert.throws(() => openTestLog(file, place), isDiskFull);
    disk.fill(4096);
    assert.throws(() => openTestLog(file, place), isDiskFull);
    disk.relieve();
    const log = openTestLog(file, place);
    assert.equal(log.append(request(1)).seq, 1);
    assert.deepEqual(await log.verify(), { state: "whole", rows: 1 });
    log.close();
    assert.deepEqual(log.errors, []);
  },
});

function isDiskFull(error: unknown): boolean {
  return (
    error instanceof SmartClawError &&
    error.code === "DISK_FULL" &&
    /disk is full/.test(error.message) &&
    error.next !== ""
  );
}

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { AuditHead } from "./entry.ts";
import { openTestLog, testFolder, testPlace } from "./testing/open-test-log.ts";

let serial = 0;
const script = fileURLToPath(new URL("./testing/append-child.ts", import.meta.url));

/**
 * Runs the child, which tells of its rows in a file: a pipe could be full.
 * @param killAfter so many rows; 0 to let it end
 */
async function run(
  folder: string,
  rows: number,
  killAfter: number,
): Promise<{ told: AuditHead[]; signal: string | null; complaints: string }> {
  const file = join(folder, `told-${++serial}`);
  const descriptor = openSync(file, "a");
  const child = spawn(process.execPath, [script, folder, String(rows)], {
    stdio: ["ignore", descriptor, "pipe"],
  });
  closeSync(descriptor);
  const lines = (): string[] => readFileSync(file, "utf8").split("\n").slice(0, -1);
  const watch = setInterval(() => {
    if (killAfter > 0 && lines().length >= killAfter) child.kill("SIGKILL");
  }, 1);
  let complaints = "";
  child.stderr?.on("data", (text: Buffer) => (complaints += text.toString()));
  await once(child, "close");
  clearInterval(watch);
  const told = lines().map((line) => {
    const [seq, mac = ""] = line.split(" ");
    return { seq: Number(seq), mac };
  });
  return { told, signal: child.signalCode, complaints };
}

test("a process that is killed while it appends loses no row whose append had returned", async () => {
  const folder = testFolder();
  const place = testPlace();
  let before = 0;
  for (const killAfter of [1, 7, 10, 64, 65, 130, 23, 200]) {
    const { told: rows, signal, complaints } = await run(folder, 0, killAfter);
    assert.deepEqual([complaints, signal], ["", "SIGKILL"]);
    assert.ok(rows.length >= killAfter, `${rows.length} rows`);
    assert.deepEqual(
      rows.map(({ seq }) => seq),
      rows.map((_, index) => before + 1 + index),
    );
    const head = join(folder, "head.json");
    // The child's tenth row is a grant.
    assert.ok(existsSync(head) || rows.length < 10);
    place.head = existsSync(head) ? (JSON.parse(readFileSync(head, "utf8")) as AuditHead) : null;
    const log = openTestLog(join(folder, "audit.sqlite"), place);
    const end = log.head().seq;
    // One more may be on disk, that could not be told of any more.
    assert.ok([0, 1].includes(end - before - rows.length), `${end} after ${before} and ${rows.length}`);
    assert.deepEqual(await log.verify(), { state: "whole", rows: end });
    const there = new Map(log.page({ before: null, limit: end }).map(({ seq, mac }) => [seq, mac]));
    assert.equal(there.size, end);
    for (const { seq, mac } of rows) assert.equal(there.get(seq), mac);
    assert.deepEqual(log.errors, []);
    log.close();
    before = end;
  }
});

test("processes that begin the same log at the same time and append at once write one chain", async () => {
  const folder = testFolder();
  const done = await Promise.all([run(folder, 150, 0), run(folder, 150, 0), run(folder, 150, 0)]);
  assert.deepEqual(
    done.map(({ complaints }) => complaints),
    ["", "", ""],
  );
  const place = testPlace();
  place.head = JSON.parse(readFileSync(join(folder, "head.json"), "utf8")) as AuditHead;
  const log = openTestLog(join(folder, "audit.sqlite"), place);
  assert.deepEqual(await log.verify(), { state: "whole", rows: 450 });
  log.close();
  const seen = done.flatMap(({ told }) => told.map(({ seq }) => seq));
  assert.deepEqual(
    seen.toSorted((a, b) => a - b),
    Array.from({ length: 450 }, (_, index) => index + 1),
  );
});

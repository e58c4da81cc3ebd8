import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { AuditHead } from "./entry.ts";
import { openTestLog, testFolder, testPlace } from "./testing/open-test-log.ts";

const script = fileURLToPath(new URL("./testing/append-child.ts", import.meta.url));

function start(folder: string, rows: number): ChildProcess {
  return spawn(process.execPath, [script, folder, String(rows)], { stdio: ["ignore", "pipe", "pipe"] });
}

/** @returns what it printed: the rows whose append has returned; and what it complained of */
async function follow(
  child: ChildProcess,
  killAfter: number,
): Promise<{ rows: AuditHead[]; complaints: string }> {
  const rows: AuditHead[] = [];
  let complaints = "";
  assert.ok(child.stdout !== null && child.stderr !== null);
  child.stderr.on("data", (text: Buffer) => (complaints += text.toString()));
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => {
    const [seq, mac = ""] = line.split(" ");
    rows.push({ seq: Number(seq), mac });
    if (rows.length === killAfter) child.kill("SIGKILL");
  });
  await Promise.all([once(child, "close"), once(lines, "close")]);
  return { rows, complaints };
}

test("a process that is killed while it appends loses no row whose append had returned", async () => {
  const folder = testFolder();
  const place = testPlace();
  let before = 0;
  for (const killAfter of [1, 7, 10, 64, 65, 130, 23, 200]) {
    const child = start(folder, 0);
    const { rows, complaints } = await follow(child, killAfter);
    assert.equal(child.signalCode, "SIGKILL");
    assert.equal(complaints, "");
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
    assert.deepEqual(log.verify(), { state: "whole", rows: end });
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
  const children = [start(folder, 150), start(folder, 150), start(folder, 150)];
  const done = await Promise.all(children.map((child) => follow(child, Infinity)));
  assert.deepEqual(
    done.map(({ complaints }) => complaints),
    ["", "", ""],
  );
  const place = testPlace();
  place.head = JSON.parse(readFileSync(join(folder, "head.json"), "utf8")) as AuditHead;
  const log = openTestLog(join(folder, "audit.sqlite"), place);
  assert.deepEqual(log.verify(), { state: "whole", rows: 450 });
  log.close();
  const seen = done.flatMap(({ rows }) => rows.map(({ seq }) => seq));
  assert.deepEqual(
    seen.toSorted((a, b) => a - b),
    Array.from({ length: 450 }, (_, index) => index + 1),
  );
});

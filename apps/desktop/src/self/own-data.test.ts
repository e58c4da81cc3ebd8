import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import { pathsOf } from "../daemon/paths.ts";
import { copyOpenData, isSnapshotNeeded, restoreChangedForms, takeSnapshot } from "./own-data.ts";

const root = mkdtempSync(join(tmpdir(), "sc-own-"));
after(() => rmSync(root, { recursive: true, force: true }));
let count = 0;

/** A home with two databases and the small files, each holding `text`. */
function makeHome(text: string) {
  const paths = pathsOf({ SMARTCLAW_HOME: mkdtempSync(join(root, "home-")) }, process.platform);
  for (const file of [paths.vault, paths.ledger]) {
    const database = new DatabaseSync(file);
    database.exec("PRAGMA journal_mode = WAL; CREATE TABLE rows (value TEXT); PRAGMA user_version = 1");
    database.prepare("INSERT INTO rows VALUES (?)").run(text);
    database.close();
  }
  for (const file of [paths.settings, paths.connections]) writeFileSync(file, JSON.stringify({ text }));
  return paths;
}

const snapshotName = (): string => join(root, `snapshot-${++count}`);

function readRows(file: string): unknown[] {
  const database = new DatabaseSync(file, { readOnly: true });
  const rows = database
    .prepare("SELECT value FROM rows")
    .all()
    .map(({ value }) => value);
  database.close();
  return rows;
}

function run(file: string, sql: string): void {
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
}

test("a database of a newer form gives way to what was before; what only has new rows stays", () => {
  const paths = makeHome("before");
  const snapshot = snapshotName();
  takeSnapshot(paths, snapshot);
  run(paths.vault, "ALTER TABLE rows ADD COLUMN more; INSERT INTO rows (value) VALUES ('by the newer')");
  run(paths.ledger, "INSERT INTO rows VALUES ('during the trial')");
  writeFileSync(paths.settings, "changed during the trial");
  assert.equal(isSnapshotNeeded(paths, snapshot), true);
  assert.deepEqual(restoreChangedForms(paths, snapshot), [paths.vault]);
  assert.deepEqual(readRows(paths.vault), ["before"]);
  assert.deepEqual(readRows(paths.ledger), ["before", "during the trial"]);
  assert.equal(readFileSync(paths.settings, "utf8"), "changed during the trial");
  assert.deepEqual(readRows(`${paths.vault}.left-by-update`), ["before", "by the newer"]);
  assert.deepEqual(restoreChangedForms(paths, snapshot), [], "it is done once");
  assert.equal(isSnapshotNeeded(paths, snapshot), false);
});

test("a newer form is told by its number alone, too", () => {
  const paths = makeHome("before");
  const snapshot = snapshotName();
  takeSnapshot(paths, snapshot);
  run(paths.vault, "PRAGMA user_version = 2");
  assert.deepEqual(restoreChangedForms(paths, snapshot), [paths.vault]);
});

test("what is only in the write-ahead log is in the snapshot, and no newer log is read into what comes back", () => {
  const paths = makeHome("before");
  const writer = new DatabaseSync(paths.vault);
  writer.exec("PRAGMA journal_mode = WAL; INSERT INTO rows VALUES ('in the log')");
  const snapshot = snapshotName();
  takeSnapshot(paths, snapshot);
  assert.ok(existsSync(join(snapshot, "vault.sqlite-wal")));
  writer.exec("CREATE TABLE newer (value TEXT); INSERT INTO rows VALUES ('newer')");
  // The process dies: its log stays.
  const [file, log] = [readFileSync(paths.vault), readFileSync(`${paths.vault}-wal`)];
  writer.close();
  writeFileSync(paths.vault, file);
  writeFileSync(`${paths.vault}-wal`, log);
  restoreChangedForms(paths, snapshot);
  assert.deepEqual(readRows(paths.vault), ["before", "in the log"]);
});

test("a snapshot that was cut off counts for nothing, and one that is there is never written over", () => {
  const paths = makeHome("first");
  const snapshot = snapshotName();
  writeFileSync(`${snapshot}.part`, "half");
  takeSnapshot(paths, snapshot);
  run(paths.vault, "INSERT INTO rows VALUES ('later')");
  takeSnapshot(paths, snapshot);
  assert.deepEqual(readRows(join(snapshot, "vault.sqlite")), ["first"]);
});

test("a copy can be taken while all of it is in use", async () => {
  const paths = makeHome("before");
  const writer = new DatabaseSync(paths.vault);
  writer.exec("BEGIN IMMEDIATE; INSERT INTO rows VALUES ('not committed')");
  const copy = mkdtempSync(join(root, "copy-"));
  await copyOpenData(paths, copy);
  writer.exec("ROLLBACK");
  writer.close();
  assert.deepEqual(readRows(join(copy, "vault.sqlite")), ["before"]);
  assert.ok(existsSync(join(copy, "settings.json")));
});

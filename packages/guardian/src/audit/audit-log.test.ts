import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { SmartClawError } from "@smartclaw/contracts";
import fc from "fast-check";
import { type AuditEntry, auditKind, type AuditRow } from "./entry.ts";
import { verifyExport } from "./verify-export.ts";
import { openTestLog, request, testFolder, testKey, testPlace } from "./testing/open-test-log.ts";

const folder = testFolder();
let serial = 0;
const newFile = (): string => join(folder, `${++serial}`, "audit.sqlite");

const entry: fc.Arbitrary<AuditEntry> = fc.record({
  kind: fc.constantFrom(...auditKind.options),
  body: fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue({ stringUnit: "binary" })),
});

test("whatever is appended and however often the log is opened, it is whole and gives back every row", async () => {
  let rows = 0;
  let openings = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(entry, { maxLength: 12 }), { minLength: 1, maxLength: 5 }),
      async (sittings) => {
        const [file, place] = [newFile(), testPlace()];
        const written: AuditRow[] = [];
        for (const entries of sittings) {
          const log = openTestLog(file, place);
          for (const one of entries) written.push(log.append(one));
          assert.deepEqual(await log.verify(), { state: "whole", rows: written.length });
          assert.deepEqual(verifyExport(log.exportLines(), testKey), await log.verify());
          assert.equal(log.head().seq, written.length);
          log.close();
          assert.deepEqual(log.errors, []);
          assert.equal(place.head?.seq ?? 0, written.length);
          openings++;
        }
        const log = openTestLog(file, place);
        const page = log.page({ before: null, limit: 1000 });
        log.close();
        assert.deepEqual(
          page.toReversed().map((row) => ({ ...row, body: JSON.stringify(row.body) })),
          written.map((row, index) => ({ ...row, seq: index + 1, body: JSON.stringify(row.body) })),
        );
        rows += written.length;
      },
    ),
    { numRuns: 40 },
  );
  assert.ok(rows > 200 && openings > 60, `${rows} rows in ${openings} openings`);
});

test("a row is there for others when its append returns, and a body comes back as it was", () => {
  const file = newFile();
  const log = openTestLog(file, testPlace(), { now: () => 1_700_000_000_000 });
  const body = JSON.parse(
    '{"__proto__":1,"10":2,"9":"\\ud800","text":"ü\\u0000\\ufffd"}',
  ) as AuditEntry["body"];
  const row = log.append({ kind: "file", body });
  const other = new DatabaseSync(file, { readOnly: true });
  const found = other.prepare("SELECT seq, at, kind, body, hex(mac) AS mac FROM entry").all();
  other.close();
  assert.deepEqual(
    found.map((one) => ({ ...one, body: Buffer.from(one["body"] as Uint8Array).toString() })),
    [
      {
        seq: 1,
        at: 1_700_000_000_000,
        kind: "file",
        body: JSON.stringify(body),
        mac: row.mac.toUpperCase(),
      },
    ],
  );
  assert.equal(JSON.stringify(log.page({ before: null, limit: 1 })[0]?.body), JSON.stringify(body));
  assert.deepEqual(verifyExport(log.exportLines(), testKey), { state: "whole", rows: 1 });
  log.close();
});

test("pages go back from the newest row, and the clock may be set back", async () => {
  let now = 1_000;
  const log = openTestLog(newFile(), testPlace(), { now: () => (now -= 7) });
  for (let number = 1; number <= 25; number++) log.append(request(number));
  const pages: number[][] = [];
  for (let before: number | null = null; pages.length < 5;) {
    const page: readonly AuditRow[] = log.page({ before, limit: 10 });
    pages.push(page.map(({ seq }) => seq));
    before = page.at(-1)?.seq ?? 0;
  }
  const count = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, at) => from - at);
  assert.deepEqual(pages, [count(25, 16), count(15, 6), count(5, 1), [], []]);
  assert.deepEqual(
    log.page({ before: 3, limit: 10 }).map(({ at }) => at),
    [1_000 - 14, 1_000 - 7],
  );
  assert.deepEqual(await log.verify(), { state: "whole", rows: 25 });
  log.close();
});

test("only its owner may read the log and its folder", { skip: process.platform === "win32" }, () => {
  const file = newFile();
  const log = openTestLog(file);
  log.append(request(1));
  const modes = readdirSync(join(file, "..")).map((name) => statSync(join(file, "..", name)).mode & 0o777);
  assert.ok(modes.length >= 2 && modes.every((mode) => mode === 0o600), String(modes));
  assert.equal(statSync(join(file, "..")).mode & 0o777, 0o700);
  log.close();
});

test("SQLite itself refuses to change, take away, replace or slip in a row", async () => {
  const [file, place] = [newFile(), testPlace()];
  const log = openTestLog(file, place);
  for (let number = 1; number <= 3; number++) log.append(request(number));
  log.close();
  const database = new DatabaseSync(file);
  for (const statement of [
    "UPDATE entry SET at = 0",
    "UPDATE entry SET seq = 9 WHERE seq = 3",
    "DELETE FROM entry WHERE seq = 3",
    "INSERT OR REPLACE INTO entry VALUES (3, 0, 'end', x'7b7d', x'00')",
    "INSERT INTO entry VALUES (0, 0, 'end', x'7b7d', x'00')",
  ])
    assert.throws(() => database.exec(statement), /append-only/, statement);
  database.close();
  const again = openTestLog(file, place);
  assert.deepEqual(await again.verify(), { state: "whole", rows: 3 });
  again.close();
});

test("the head is kept after 64 rows, at once for what changes who may do what, and at the end", () => {
  const [file, place] = [newFile(), testPlace()];
  const kept = () => place.kept.map(({ seq }) => seq);
  const log = openTestLog(file, place);
  for (let number = 1; number <= 63; number++) log.append(request(number));
  assert.deepEqual(kept(), []);
  log.append(request(64));
  assert.deepEqual(kept(), [64]);
  for (const kind of auditKind.options) log.append({ kind, body: {} });
  assert.deepEqual(
    kept().slice(1),
    ["answer", "grant", "revoke", "panic", "arm", "offer", "pause", "resume", "cut"].map(
      (kind) => 65 + auditKind.options.indexOf(auditKind.parse(kind)),
    ),
  );
  const { seq, mac } = log.append(request(1));
  log.close();
  log.close();
  assert.deepEqual(place.kept.at(-1), { seq, mac });
  const before = place.kept.length;
  openTestLog(file, place).close();
  assert.equal(place.kept.length, before, "nothing was appended");
});

test("a row counts though its head cannot be kept, and the next one makes up for it", async () => {
  const place = testPlace();
  const log = openTestLog(newFile(), place);
  place.full = true;
  log.append({ kind: "grant", body: {} });
  log.append(request(2));
  assert.equal(log.errors.length, 1);
  assert.match(log.errors[0] ?? "", /could not be copied elsewhere/);
  place.full = false;
  log.append(request(3));
  assert.deepEqual(
    place.kept.map(({ seq }) => seq),
    [3],
  );
  assert.deepEqual(await log.verify(), { state: "whole", rows: 3 });
  log.close();
});

test("two that have the same log open append to one chain, and neither keeps less than the other", async () => {
  const [file, place] = [newFile(), testPlace()];
  const [one, other] = [openTestLog(file, place), openTestLog(file, place)];
  one.append(request(1));
  for (let number = 2; number <= 200; number++) (number % 3 === 0 ? one : other).append(request(number));
  assert.deepEqual(await one.verify(), { state: "whole", rows: 200 });
  assert.deepEqual(await other.verify(), await one.verify());
  assert.deepEqual(one.head(), other.head());
  // The last row is of the other one.
  assert.deepEqual(verifyExport(one.exportLines(), testKey), await one.verify());
  one.append(request(201));
  other.append({ kind: "grant", body: {} });
  other.close();
  one.close();
  assert.equal(place.head?.seq, 202);
  assert.deepEqual(
    place.kept.map(({ seq }) => seq),
    place.kept.map(({ seq }) => seq).toSorted((a, b) => a - b),
  );
  assert.deepEqual([...one.errors, ...other.errors], []);
});

test("a body of 64 KiB is the largest, and one that is refused leaves the chain as it was", async () => {
  const log = openTestLog(newFile());
  const around = JSON.stringify({ text: "" }).length;
  const entryOf = (bytes: number): AuditEntry => ({
    kind: "request",
    body: { text: `ü${"x".repeat(bytes - around - 2)}` },
  });
  log.append(entryOf(65_536));
  assert.throws(
    () => log.append(entryOf(65_537)),
    (error) => error instanceof SmartClawError && error.code === "TOO_LARGE" && /65537/.test(error.message),
  );
  assert.throws(() => log.append({ kind: "end", body: { never: 1n } }), TypeError);
  assert.equal(log.append(request(2)).seq, 2);
  assert.deepEqual(await log.verify(), { state: "whole", rows: 2 });
  log.close();
});

test("rows may be appended while an export is read, by whoever has the log open", () => {
  const [file, place] = [newFile(), testPlace()];
  const [log, other] = [openTestLog(file, place), openTestLog(file, place)];
  for (let number = 1; number <= 30; number++) log.append(request(number));
  const lines: string[] = [];
  for (const line of log.exportLines()) {
    lines.push(line);
    if (lines.length === 5) other.append({ kind: "grant", body: {} });
    if (lines.length === 10) log.append({ kind: "grant", body: {} });
    // The last row has been given, and its head has not.
    if (lines.length === 33) log.append(request(33));
  }
  assert.deepEqual(verifyExport(lines, testKey), { state: "whole", rows: 33 });
  for (const one of [log, other]) one.close();
});

test("another key finds no row that fits, and one of another length is refused", async () => {
  const [file, place] = [newFile(), testPlace()];
  const log = openTestLog(file, place);
  log.append(request(1));
  log.close();
  const other = openTestLog(file, place, { key: new Uint8Array(32).fill(8) });
  assert.deepEqual(await other.verify(), {
    state: "broken",
    at: 1,
    why: "changed",
    message: "Row 1 is not as SmartClaw wrote it.",
  });
  assert.equal(other.errors.length, 1);
  other.close();
  const missing = newFile();
  assert.throws(() => openTestLog(missing, place, { key: new Uint8Array(31) }), RangeError);
  assert.ok(!existsSync(missing));
});

test("the log of a later SmartClaw is left as it is", () => {
  const [file, place] = [newFile(), testPlace()];
  const log = openTestLog(file, place);
  log.append(request(1));
  log.close();
  const database = new DatabaseSync(file);
  database.exec("PRAGMA user_version = 2");
  database.close();
  const bytes = readFileSync(file);
  assert.throws(
    () => openTestLog(file, place),
    (error) => error instanceof SmartClawError && error.next === "Update SmartClaw.",
  );
  assert.deepEqual(readFileSync(file), bytes);
  assert.deepEqual(readdirSync(join(file, "..")), ["audit.sqlite"]);
});

test("a log that cannot be where it should be is told of", () => {
  const file = newFile();
  openTestLog(file).close();
  assert.throws(
    () => openTestLog(join(file, "audit.sqlite")),
    (error) => error instanceof SmartClawError && error.code === "STORAGE_CORRUPT" && error.next !== "",
  );
});

test("a log that another program holds is said to be held, and goes on when it is let go", async () => {
  const file = newFile();
  const log = openTestLog(file);
  log.append(request(1));
  const other = new DatabaseSync(file);
  other.exec("BEGIN IMMEDIATE");
  assert.throws(
    () => log.append(request(2)),
    (error) => error instanceof SmartClawError && error.code === "CONFLICT" && error.next !== "",
  );
  other.exec("ROLLBACK");
  other.close();
  assert.equal(log.append(request(2)).seq, 2);
  assert.deepEqual(await log.verify(), { state: "whole", rows: 2 });
  log.close();
});

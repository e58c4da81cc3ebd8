/** Whatever is done to the log behind SmartClaw's back: it is told, at the right row, and stays told when rows follow. */
import assert from "node:assert/strict";
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { SmartClawError } from "@smartclaw/contracts";
import fc from "fast-check";
import type { AuditLog } from "./audit-log.ts";
import type { AuditVerdict, BrokenAudit } from "./chain-check.ts";
import { verifyExport } from "./verify-export.ts";
import { createSeals, emptyHead } from "./seals.ts";
import {
  openTestLog,
  request,
  tamper,
  testFolder,
  testKey,
  type TestPlace,
  testPlace,
} from "./testing/open-test-log.ts";

const folder = testFolder();
const rows = 200;
let serial = 0;

/** A log of 200 rows that was closed, and one that it once was, of 150. */
const good = join(folder, "good.sqlite");
const older = join(folder, "older.sqlite");
const goodPlace = testPlace();
{
  const log = openTestLog(good, goodPlace);
  for (let number = 1; number <= 150; number++) log.append(request(number));
  log.close();
  copyFileSync(good, older);
  const again = openTestLog(good, goodPlace);
  for (let number = 151; number <= rows; number++) again.append(request(number));
  again.append({ kind: "answer", body: { text: "\ufffd" } });
  again.close();
}
const last = rows + 1;
const bytes = readFileSync(good);
/** The page that holds row 100, and the first row in it. */
const page = Math.floor(bytes.indexOf(bodyOf(100)) / 4096);
const inPage = bytes.subarray(page * 4096, (page + 1) * 4096);
const firstInPage = Array.from({ length: rows }, (_, index) => index + 1).find((number) =>
  inPage.includes(bodyOf(number)),
);

const overwritten = Buffer.from(bytes).fill(0xff, page * 4096, (page + 1) * 4096);

function bodyOf(number: number): string {
  return JSON.stringify(request(number).body);
}

interface Broken {
  readonly at: number;
  readonly why: BrokenAudit["why"];
}
interface Case extends Broken {
  /** When rows follow, and it is told otherwise then. */
  readonly later?: Broken;
  /** The file could not be gone on with, and is kept beside the new one. */
  readonly aside?: true;
  /** What is in the middle is not looked at when the log is opened. */
  readonly seenWhenOpened?: false;
  readonly change: (file: string) => void;
}
const inMiddle = { seenWhenOpened: false } as const;
const cutOff = (at: number) => ({ at, why: "cut-off", later: { at, why: "missing" } }) as const;
/** Nothing that follows fits the row that is there. */
const replaced = { at: last, why: "replaced", later: { at: last + 1, why: "changed" } } as const;
const inSql =
  (...statements: string[]) =>
  (file: string): void =>
    tamper(file, (database) => statements.forEach((statement) => database.exec(statement)));

/** By somebody who has the key. */
const writtenAnew = (file: string): void =>
  tamper(file, (database) => {
    const seals = createSeals(testKey);
    const found = database.prepare("SELECT * FROM entry ORDER BY seq").all();
    let previous = emptyHead.mac;
    for (const row of found) {
      const seq = Number(row["seq"]);
      const body = Buffer.from("{}");
      const unsealed = { seq, at: Number(row["at"]), kind: String(row["kind"]), body };
      previous = seals.row(unsealed, previous);
      database
        .prepare("UPDATE entry SET body = ?, mac = ? WHERE seq = ?")
        .run(body, Buffer.from(previous, "hex"), seq);
    }
  });

const cases: Readonly<Record<string, Case>> = {
  "a body that was changed": {
    ...inMiddle,
    at: 77,
    why: "changed",
    change: inSql("UPDATE entry SET body = CAST(replace(body, 'show', 'push') AS BLOB) WHERE seq = 77"),
  },
  "a body of the same length, changed in the file": {
    ...inMiddle,
    at: 77,
    why: "changed",
    change: (file) => {
      const changed = Buffer.from(bytes);
      changed.write("push", changed.indexOf(bodyOf(77)) + bodyOf(77).indexOf("show"));
      writeFileSync(file, changed);
    },
  },
  "a body in other bytes that read the same": {
    at: last,
    why: "changed",
    change: inSql(
      `UPDATE entry SET body = x'${Buffer.from('{"text":"?"}').toString("hex").replace("3f", "ff")}' WHERE seq = ${last}`,
    ),
  },
  "a body that is no JSON": {
    ...inMiddle,
    at: 9,
    why: "changed",
    change: inSql("UPDATE entry SET body = x'' WHERE seq = 9"),
  },
  "a kind that was changed": {
    ...inMiddle,
    at: 1,
    why: "changed",
    change: inSql("UPDATE entry SET kind = 'file' WHERE seq = 1"),
  },
  "a time that was changed": {
    ...inMiddle,
    at: 150,
    why: "changed",
    change: inSql("UPDATE entry SET at = at + 1 WHERE seq = 150"),
  },
  "a time that no number holds": {
    ...inMiddle,
    at: 150,
    why: "changed",
    change: inSql("UPDATE entry SET at = 1 << 60 WHERE seq = 150"),
  },
  "a forged mac": {
    ...inMiddle,
    at: 5,
    why: "changed",
    change: inSql("UPDATE entry SET mac = randomblob(32) WHERE seq = 5"),
  },
  "a forged mac at the end": {
    at: last,
    why: "changed",
    change: inSql(`UPDATE entry SET mac = randomblob(32) WHERE seq = ${last}`),
  },
  "a mac of no length": {
    ...inMiddle,
    at: 5,
    why: "changed",
    change: inSql("UPDATE entry SET mac = x'' WHERE seq = 5"),
  },
  "the last row changed": {
    at: last,
    why: "changed",
    change: inSql(`UPDATE entry SET kind = 'end' WHERE seq = ${last}`),
  },
  "two rows that changed places": {
    ...inMiddle,
    at: 10,
    why: "changed",
    change: inSql(
      "UPDATE entry SET seq = -1 WHERE seq = 10",
      "UPDATE entry SET seq = 10 WHERE seq = 11",
      "UPDATE entry SET seq = 11 WHERE seq = -1",
    ),
  },
  "a row removed in the middle": {
    ...inMiddle,
    at: 50,
    why: "missing",
    change: inSql("DELETE FROM entry WHERE seq = 50"),
  },
  "a row removed, and those after it moved up": {
    at: 50,
    why: "changed",
    change: inSql(
      "DELETE FROM entry WHERE seq = 50",
      ...Array.from(
        { length: last - 50 },
        (_, index) => `UPDATE entry SET seq = ${50 + index} WHERE seq = ${51 + index}`,
      ),
    ),
  },
  "rows removed in the middle": {
    ...inMiddle,
    at: 50,
    why: "missing",
    change: inSql("DELETE FROM entry WHERE seq BETWEEN 50 AND 90"),
  },
  "the first row removed": {
    ...inMiddle,
    at: 1,
    why: "missing",
    change: inSql("DELETE FROM entry WHERE seq = 1"),
  },
  "the last row cut off": {
    ...cutOff(last),
    change: inSql(`DELETE FROM entry WHERE seq = ${last}`),
  },
  "rows cut off at the end": {
    ...cutOff(151),
    change: inSql("DELETE FROM entry WHERE seq > 150"),
  },
  "every row removed": { ...cutOff(1), change: inSql("DELETE FROM entry") },
  "a row added at the end": {
    at: last + 1,
    why: "changed",
    change: inSql(`INSERT INTO entry VALUES (${last + 1}, 0, 'grant', x'7b7d', randomblob(32))`),
  },
  "a row added before the first": {
    ...inMiddle,
    at: 1,
    why: "changed",
    change: inSql("INSERT INTO entry VALUES (-5, 0, 'grant', x'7b7d', randomblob(32))"),
  },
  "a row with the largest number there is": {
    ...cutOff(1),
    aside: true,
    change: inSql("INSERT INTO entry VALUES (9223372036854775807, 0, 'grant', x'7b7d', randomblob(32))"),
  },
  "a row that none can be counted after": {
    ...cutOff(1),
    aside: true,
    change: inSql(
      `INSERT INTO entry VALUES (${Number.MAX_SAFE_INTEGER}, 0, 'grant', x'7b7d', randomblob(32))`,
    ),
  },
  "a table that is missing": {
    ...cutOff(1),
    change: inSql("DROP TABLE entry"),
  },
  "another table in its place": {
    ...cutOff(1),
    aside: true,
    change: inSql("ALTER TABLE entry RENAME TO old", "CREATE TABLE entry AS SELECT * FROM old"),
  },
  "a view in its place": {
    ...cutOff(1),
    aside: true,
    change: inSql("ALTER TABLE entry RENAME TO old", "CREATE VIEW entry AS SELECT * FROM old"),
  },
  "a page that was overwritten": {
    ...inMiddle,
    at: firstInPage ?? 0,
    why: "unreadable",
    change: (file) => writeFileSync(file, overwritten),
  },
  "every page but the first overwritten": {
    ...cutOff(1),
    aside: true,
    change: (file) => writeFileSync(file, Buffer.from(bytes).fill(0xff, 4096)),
  },
  "a file that was cut off": {
    ...cutOff(1),
    aside: true,
    change: (file) => writeFileSync(file, bytes.subarray(0, 5_000)),
  },
  "a file of random bytes": {
    ...cutOff(1),
    aside: true,
    change: (file) => writeFileSync(file, Buffer.alloc(20_000, "not a database ")),
  },
  "a file that was emptied": {
    ...cutOff(1),
    change: (file) => writeFileSync(file, ""),
  },
  "a file that was removed": { ...cutOff(1), change: (file) => rmSync(file) },
  "an older copy of the file": {
    ...cutOff(151),
    change: (file) => copyFileSync(older, file),
  },
  "an older copy that another SmartClaw with the same key went on with": {
    ...replaced,
    change: (file) => {
      copyFileSync(older, file);
      const log = openTestLog(file);
      for (let number = 151; number <= last; number++) log.append({ kind: "end", body: { number } });
      log.close();
    },
  },
  "an older copy that went on, and further than this one": {
    at: last,
    why: "replaced",
    later: { at: 231, why: "changed" },
    change: (file) => {
      copyFileSync(older, file);
      const log = openTestLog(file);
      for (let number = 151; number <= 230; number++) log.append({ kind: "end", body: { number } });
      log.close();
    },
  },
  "all of it written anew by somebody who has the key": {
    ...replaced,
    change: writtenAnew,
  },
};

for (const [name, { at, why, later = { at, why }, aside, seenWhenOpened, change }] of Object.entries(cases))
  test(`it is told of ${name}`, async () => {
    const file = join(folder, `${++serial}`, "audit.sqlite");
    const place: TestPlace = { ...goodPlace, kept: [] };
    openTestLog(file, testPlace()).close();
    copyFileSync(good, file);
    change(file);
    let log = openTestLog(file, place);
    const verdict = await log.verify();
    assertBroken(verdict, { at, why });
    assert.deepEqual(await log.verify(), verdict, "asking changes nothing");
    assert.match(verdict.state === "broken" ? verdict.message : "", /^[A-Z][^.]*\.$/);
    assert.equal(log.errors.length > 0, seenWhenOpened ?? true, String(log.errors));
    assert.equal(log.errors.filter((message) => /moved aside/.test(message)).length, aside ? 1 : 0);
    assert.equal(existsSync(`${file}.damaged-1`), aside ?? false);
    // That rows were replaced by good ones, an export can tell at its end only.
    const atInExport = why === "replaced" ? (log.page({ before: null, limit: 1 })[0]?.seq ?? 0) : at;
    if (why !== "unreadable") assertExportTells(log, atInExport);
    // Enough for the head to be kept anew several times, in more than one sitting.
    const appended: number[] = [];
    for (let sitting = 0; sitting < 3; sitting++) {
      for (let number = 0; number < 70; number++) appended.push(log.append(request(number)).seq);
      log.close();
      log = openTestLog(file, place);
      assertBroken(await log.verify(), later);
      if (why !== "unreadable") assertExportTells(log, later.at);
    }
    assert.equal(place.head?.seq, appended.at(-1), "the head is kept of the rows that follow");
    const there = new Set(log.page({ before: null, limit: 1_000 }).map(({ seq }) => seq));
    assert.ok(
      appended.every((seq) => there.has(seq)),
      "no later row is lost",
    );
    const first = appended[0] ?? 0;
    assert.ok(first > last, "no number is given twice");
    assert.deepEqual(
      appended,
      appended.map((_, index) => first + index),
    );
    log.close();
  });

function assertBroken(verdict: AuditVerdict, { at, why }: Broken): void {
  assert.deepEqual({ ...verdict, message: "" }, { state: "broken", at, why, message: "" });
}

function assertExportTells(log: AuditLog, at: number): void {
  const verdict = verifyExport(log.exportLines(), testKey);
  assert.equal(verdict.state === "broken" ? verdict.at : null, at);
}

test("nothing is told of a log that nobody touched", async () => {
  const file = join(folder, `${++serial}.sqlite`);
  copyFileSync(good, file);
  assert.ok(firstInPage !== undefined && firstInPage > 1 && firstInPage < 100);
  tamper(file, () => {});
  const log = openTestLog(file, { ...goodPlace, kept: [] });
  assert.deepEqual(await log.verify(), { state: "whole", rows: last });
  assert.deepEqual(verifyExport(log.exportLines(), testKey), await log.verify());
  assert.deepEqual(log.errors, []);
  log.close();
});

test("any byte of any row may be changed: it is told of that row", async () => {
  const file = join(folder, `${++serial}.sqlite`);
  let changed = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: last }),
      fc.constantFrom("kind", "body", "mac"),
      fc.nat(31),
      fc.integer({ min: 1, max: 127 }),
      async (seq, column, offset, bits) => {
        copyFileSync(good, file);
        tamper(file, (database) => {
          const found = database
            .prepare(`SELECT CAST(${column} AS BLOB) AS value FROM entry WHERE seq = ?`)
            .get(seq);
          const value = Buffer.from(found?.["value"] as Uint8Array);
          const at = offset % value.length;
          value.writeUInt8(value.readUInt8(at) ^ bits, at);
          const type = column === "kind" ? "TEXT" : "BLOB";
          database.prepare(`UPDATE entry SET ${column} = CAST(? AS ${type}) WHERE seq = ?`).run(value, seq);
        });
        const log = openTestLog(file, { ...goodPlace, kept: [] });
        const verdict = await log.verify();
        log.close();
        assertBroken(verdict, { at: seq, why: "changed" });
        changed++;
      },
    ),
    { numRuns: 60 },
  );
  assert.equal(changed, 60);
});

test("a copy of the head that is gone is told of, when there must have been one", async () => {
  const file = join(folder, `${++serial}.sqlite`);
  const log = openTestLog(file, testPlace());
  for (let number = 1; number <= 63; number++) log.append(request(number));
  assert.deepEqual(await log.verify(), { state: "whole", rows: 63 });
  log.close();
  copyFileSync(good, file);
  const without = openTestLog(file, testPlace());
  assert.equal(without.errors.length, 1);
  assertBroken(await without.verify(), { at: last, why: "no-head" });
  without.close();
});

test("rows that were only in the write-ahead log are missed when it is taken away", async () => {
  const [file, copy] = [join(folder, `${++serial}.sqlite`), join(folder, `${++serial}.sqlite`)];
  const place = testPlace();
  const log = openTestLog(file, place);
  for (let number = 1; number <= 64; number++) log.append(request(number));
  copyFileSync(file, copy);
  log.close();
  const robbed = openTestLog(copy, place);
  assertBroken(await robbed.verify(), { at: 1, why: "cut-off" });
  robbed.close();
});

test("rows that are cut off while the log is open are missed, before the head is kept and for ever after", async () => {
  const file = join(folder, `${++serial}.sqlite`);
  const place = testPlace();
  let log = openTestLog(file, place);
  for (let number = 1; number <= 40; number++) log.append(request(number));
  tamper(file, (database) => database.exec("DELETE FROM entry WHERE seq > 30"));
  assertBroken(await log.verify(), { at: 31, why: "cut-off" });
  assert.equal(place.head, null);
  assert.equal(log.head().seq, 40);
  assertExportTells(log, 31);
  assert.deepEqual(log.errors, []);
  assert.equal(log.append(request(41)).seq, 41);
  assert.equal(log.append(request(42)).seq, 42);
  assert.deepEqual(log.errors, ["rows of the audit log are gone or replaced; it goes on after them"]);
  log.close();
  log = openTestLog(file, place);
  assert.deepEqual(await log.verify(), {
    state: "broken",
    at: 31,
    why: "missing",
    message: "Rows 31 to 40 are missing.",
  });
  log.close();
});

test("rows that another process wrote and kept the head of are missed, too", async () => {
  const file = join(folder, `${++serial}.sqlite`);
  const place = testPlace();
  const [log, other] = [openTestLog(file, place), openTestLog(file, place)];
  log.append(request(1));
  for (let number = 2; number <= 9; number++) other.append({ kind: "grant", body: {} });
  tamper(file, (database) => database.exec("DELETE FROM entry WHERE seq > 4"));
  assertBroken(await log.verify(), { at: 5, why: "cut-off" });
  assertExportTells(log, 5);
  other.close();
  log.close();
});

test("what stands in the way of a row is told of, and when it is gone, the chain goes on whole", async () => {
  const file = join(folder, `${++serial}.sqlite`);
  const log = openTestLog(file);
  log.append(request(1));
  tamper(file, (database) =>
    database.exec(`INSERT INTO entry VALUES (${Number.MAX_SAFE_INTEGER}, 0, 'end', x'7b7d', x'00')`),
  );
  assert.throws(() => log.append(request(2)), { code: "STORAGE_CORRUPT" });
  assertBroken(await log.verify(), { at: 2, why: "missing" });
  const database = new DatabaseSync(file);
  database.exec("DELETE FROM entry WHERE seq > 1");
  database.close();
  assert.equal(log.append(request(2)).seq, 2);
  assert.deepEqual(await log.verify(), { state: "whole", rows: 2 });
  assert.deepEqual(log.errors, []);
  log.close();
});

test("a table that goes away while the log is open is told of, and a new opening goes on", async () => {
  const file = join(folder, `${++serial}.sqlite`);
  const place = testPlace();
  const log = openTestLog(file, place);
  for (let number = 1; number <= 5; number++) log.append(request(number));
  tamper(file, (database) => database.exec("DROP TABLE entry"));
  const refused = (error: unknown) =>
    error instanceof SmartClawError && error.code === "STORAGE_CORRUPT" && error.next !== "";
  assert.throws(() => log.append(request(6)), refused);
  assert.throws(() => log.page({ before: null, limit: 5 }), refused);
  assert.throws(() => [...log.exportLines()], refused);
  assertBroken(await log.verify(), { at: 1, why: "unreadable" });
  log.close();
  const again = openTestLog(file, place);
  assert.equal(again.append(request(6)).seq, 6);
  assertBroken(await again.verify(), { at: 1, why: "missing" });
  again.close();
});

test("an export ends where the file is damaged, and does not look whole", () => {
  const file = join(folder, `${++serial}.sqlite`);
  writeFileSync(file, overwritten);
  const log = openTestLog(file, { ...goodPlace, kept: [] });
  const lines: string[] = [];
  assert.throws(
    () => {
      for (const line of log.exportLines()) lines.push(line);
    },
    (error) => error instanceof SmartClawError && error.code === "STORAGE_CORRUPT",
  );
  assert.equal(lines.length, firstInPage);
  assertBroken(verifyExport(lines, testKey), { at: firstInPage ?? 0, why: "cut-off" });
  const before = (firstInPage ?? 0) - 1;
  assert.throws(() => log.page({ before: before + 2, limit: 5 }), SmartClawError);
  assert.equal(log.page({ before, limit: 5 }).length, 5);
  log.close();
});

test("a log is opened though the row whose head is kept is in a damaged part, and goes on after the last one", async () => {
  const file = join(folder, `${++serial}.sqlite`);
  writeFileSync(file, overwritten);
  const place = testPlace();
  const whole = openTestLog(good, { ...goodPlace, kept: [] });
  place.head = whole.page({ before: 101, limit: 1 })[0] ?? null;
  whole.close();
  assert.equal(place.head?.seq, 100);
  const log = openTestLog(file, place);
  assert.equal(log.errors.length, 1);
  assert.equal(log.append(request(1)).seq, last + 1);
  assert.equal(log.append(request(2)).seq, last + 2);
  assertBroken(await log.verify(), { at: firstInPage ?? 0, why: "unreadable" });
  log.close();
});

test("damaged files are kept, each beside the others", () => {
  const file = join(folder, `${++serial}`, "audit.sqlite");
  const place = testPlace();
  openTestLog(file, place).close();
  const damages = ["one", "two", "three"].map((name) => name.repeat(5_000));
  for (const damage of damages) {
    writeFileSync(file, damage);
    openTestLog(file, place).close();
  }
  const names = readdirSync(join(file, "..")).toSorted();
  const aside = [1, 2, 3].map((number) => `audit.sqlite.damaged-${number}`);
  assert.deepEqual(names, ["audit.sqlite", ...aside]);
  assert.deepEqual(
    aside.map((name) => readFileSync(join(file, "..", name), "utf8")),
    damages,
  );
});

test("rows that this release cannot read are told of and not given", () => {
  const file = join(folder, `${++serial}.sqlite`);
  copyFileSync(good, file);
  tamper(file, (database) => {
    database.exec("UPDATE entry SET kind = 'future' WHERE seq = 100");
    database.exec("INSERT INTO entry VALUES (-5, 0, 'grant', x'7b7d', randomblob(32))");
  });
  const log = openTestLog(file, { ...goodPlace, kept: [] });
  assert.deepEqual(
    log.page({ before: 102, limit: 3 }).map(({ seq }) => seq),
    [101, 99],
  );
  assert.deepEqual(
    log.page({ before: 3, limit: 9 }).map(({ seq }) => seq),
    [2, 1],
  );
  log.close();
});

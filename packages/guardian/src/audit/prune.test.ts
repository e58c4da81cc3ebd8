/** Old rows go, the chain stays whole, and whoever takes away more is told of. */
import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import fc from "fast-check";
import { verifyExport } from "./verify-export.ts";
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
const day = 86_400_000;
let serial = 0;
const newFile = (): string => join(folder, `${++serial}.sqlite`);

/** A log of rows of these ages in days, the oldest first; it may hold ten. */
function open(ages: readonly number[], mostRows = 10) {
  const file = newFile();
  const place = testPlace();
  const today = 1_700_000_000_000;
  let now = today;
  const options = { now: () => now, mostRows };
  const log = openTestLog(file, place, options);
  ages.forEach((age, at) => {
    now = today - age * day;
    log.append(request(at + 1));
  });
  now = today;
  // Its head is kept at once.
  log.append({ kind: "arm", body: {} });
  return { file, place, log, again: () => openTestLog(file, place, options) };
}

const old = (count: number): number[] => Array.from({ length: count }, () => 100);
const young = (count: number): number[] => Array.from({ length: count }, () => 10);

test("more rows than a log may hold go when they are old, and the rest is whole, before and after an opening", async () => {
  const { log, again } = open([...old(15), ...young(5)]);
  const before = [...log.exportLines()];
  assert.equal(log.prune(), true);
  // One went for each row that was too many, and the row that says so came.
  assert.deepEqual(await log.verify(), { state: "whole", rows: 11 });
  assert.equal(log.prune(), true, "the row itself was one too many");
  assert.deepEqual(await log.verify(), { state: "whole", rows: 11 });
  assert.deepEqual(
    log
      .page({ before: null, limit: 50 })
      .map(({ seq, kind }) => [seq, kind])
      .slice(0, 3),
    [
      [23, "cut"],
      [22, "cut"],
      [21, "arm"],
    ],
  );
  const after = [...log.exportLines()];
  assert.equal(after.length, 13);
  assert.deepEqual(verifyExport(before, testKey), { state: "whole", rows: 21 });
  assert.deepEqual(verifyExport(after, testKey), { state: "whole", rows: 11 });
  log.close();
  const reopened = again();
  assert.equal(reopened.append(request(1)).seq, 24);
  assert.deepEqual(await reopened.verify(), { state: "whole", rows: 12 });
  assert.deepEqual(reopened.errors, []);
  reopened.close();
});

test("rows of the last 90 days stay, however many they are", async () => {
  const { log } = open([...old(2), ...young(40)]);
  assert.equal(log.prune(), true);
  assert.equal(log.prune(), false);
  assert.deepEqual(await log.verify(), { state: "whole", rows: 42 });
  log.close();
});

test("a clock that was set back keeps what follows, too", async () => {
  const { log } = open([...old(3), 10, ...old(20)]);
  assert.equal(log.prune(), true);
  assert.equal(log.prune(), false);
  assert.deepEqual(await log.verify(), { state: "whole", rows: 23 });
  log.close();
});

test("few rows stay, however old they are", () => {
  const { log } = open(old(9));
  assert.equal(log.prune(), false);
  log.close();
});

test("nothing goes that the kept head does not vouch for, or while somebody reads", async () => {
  const { log, place } = open(old(30));
  const { head } = place;
  place.head = null;
  assert.equal(log.prune(), false);
  place.head = head;
  const lines = log.exportLines()[Symbol.iterator]();
  lines.next();
  assert.equal(log.prune(), false);
  lines.return?.();
  const verifying = log.verify();
  assert.equal(log.prune(), false);
  assert.deepEqual(await verifying, { state: "whole", rows: 31 });
  assert.equal(log.prune(), true);
  log.close();
});

test("a row that somebody changed does not go, and neither do those behind it", async () => {
  const { log, file } = open(old(30));
  tamper(file, (database) => database.exec("UPDATE entry SET body = x'7b7d' WHERE seq = 4"));
  assert.equal(log.prune(), true);
  assert.equal(log.prune(), false);
  const verdict = await log.verify();
  assert.deepEqual(verdict.state === "broken" && [verdict.at, verdict.why], [4, "changed"]);
  log.close();
});

test("SQLite still refuses to take a row away after a cut", () => {
  const { log, file } = open(old(30));
  log.prune();
  log.close();
  const database = new DatabaseSync(file);
  assert.throws(() => database.exec("DELETE FROM entry WHERE seq = 30"), /append-only/);
  database.close();
});

/** What an attacker leaves of a log that had rows 1 to 31, and was cut behind 21: its rows are 22 to 32. */
const attacks: Readonly<Record<string, readonly [(file: string, place: TestPlace) => void, number, string]>> =
  {
    "cuts off one row more": [
      (file) => tamper(file, (database) => database.exec("DELETE FROM entry WHERE seq <= 22")),
      22,
      "missing",
    ],
    "cuts off all, up to the row that tells of a cut": [
      (file) => tamper(file, (database) => database.exec("DELETE FROM entry WHERE seq < 32")),
      22,
      "missing",
    ],
    "cuts off that row, too": [
      (file) => tamper(file, (database) => database.exec("DELETE FROM entry WHERE seq <= 32")),
      1,
      "cut-off",
    ],
    "takes only that row away": [
      (file) => tamper(file, (database) => database.exec("DELETE FROM entry WHERE seq = 32")),
      1,
      "missing",
    ],
    "says in that row that more was cut off": [
      (file) =>
        tamper(file, (database) => {
          const mac = database.prepare("SELECT mac FROM entry WHERE seq = 25").get()?.["mac"] as Uint8Array;
          const after = { seq: 25, mac: Buffer.from(mac).toString("hex") };
          database.exec("DELETE FROM entry WHERE seq <= 25");
          database
            .prepare("UPDATE entry SET body = ? WHERE seq = 32")
            .run(Buffer.from(JSON.stringify({ after })));
        }),
      32,
      "changed",
    ],
    "adds such a row of its own": [
      (file) =>
        tamper(file, (database) => {
          const mac = database.prepare("SELECT mac FROM entry WHERE seq = 25").get()?.["mac"] as Uint8Array;
          const after = { seq: 25, mac: Buffer.from(mac).toString("hex") };
          database.exec("DELETE FROM entry WHERE seq <= 25");
          database
            .prepare("INSERT INTO entry VALUES (33, 0, 'cut', ?, x'00')")
            .run(Buffer.from(JSON.stringify({ after })));
        }),
      33,
      "changed",
    ],
  };

for (const [name, [attack, at, why]] of Object.entries(attacks))
  test(`a log that was cut is not whole when somebody ${name}`, async () => {
    const { log, file, place, again } = open(old(30), 10);
    assert.equal(log.prune(), true);
    log.close();
    attack(file, place);
    const reopened = again();
    const verdict = await reopened.verify();
    assert.deepEqual(verdict.state === "broken" && [verdict.at, verdict.why], [at, why]);
    // Neither does a later row make it whole again, nor is more cut off of it.
    reopened.append(request(1));
    assert.equal((await reopened.verify()).state, "broken");
    reopened.prune();
    assert.equal((await reopened.verify()).state, "broken");
    reopened.close();
  });

test("the log as it was before a cut is told of, and so are rows that are put back", async () => {
  const { log, file, again } = open(old(30));
  const before = newFile();
  copyFileSync(file, before);
  copyFileSync(`${file}-wal`, `${before}-wal`);
  log.prune();
  log.close();
  tamper(file, (database) => {
    database.exec(`ATTACH '${before}' AS old; INSERT INTO entry SELECT * FROM old.entry WHERE seq <= 21`);
  });
  const reopened = again();
  const verdict = await reopened.verify();
  assert.deepEqual(verdict.state === "broken" && [verdict.at, verdict.why], [1, "changed"]);
  reopened.close();
});

test("of an export of a cut log, no row and no word of its first line may be missing or changed", () => {
  const { log } = open(old(30));
  log.prune();
  const lines = [...log.exportLines()];
  log.close();
  assert.deepEqual(verifyExport(lines, testKey), { state: "whole", rows: 11 });
  fc.assert(
    fc.property(
      fc.nat(lines.length - 1),
      fc.nat(),
      fc.constantFrom("x", "0", "1", "a"),
      (at, place, other) => {
        const line = lines[at] ?? "";
        const changed = line.slice(0, place % line.length) + other + line.slice((place % line.length) + 1);
        const without = lines.filter((_, index) => index !== at);
        assert.equal(verifyExport(without, testKey).state, "broken");
        if (changed !== line)
          assert.equal(verifyExport(lines.with(at, changed), testKey).state, "broken", changed);
      },
    ),
    { numRuns: 300 },
  );
});

test("another process that has the log open goes on after a cut", async () => {
  const { log, again } = open([...old(20), ...young(2)]);
  const other = again();
  other.append(request(1));
  for (let cuts = 0; cuts < 30 && log.prune(); cuts++);
  log.append(request(2));
  other.append(request(3));
  assert.deepEqual([...log.errors, ...other.errors], []);
  assert.equal((await log.verify()).state, "whole");
  assert.deepEqual(await other.verify(), await log.verify());
  other.close();
  log.close();
});

test("while a log of many rows is verified, others have their turn", async () => {
  const log = openTestLog(newFile());
  for (let number = 1; number <= 4100; number++) log.append(request(number));
  let turns = 0;
  const turn = (): void => {
    turns += 1;
    if (!done) setImmediate(turn);
  };
  let done = false;
  setImmediate(turn);
  assert.deepEqual(await log.verify(), { state: "whole", rows: 4100 });
  done = true;
  assert.ok(turns >= 2, `${turns} turns`);
  log.close();
});

test("a trail is read up to its end, on from where it was, and not at all when somebody was there", async () => {
  const { log, file } = open(young(30));
  const first = await log.trail(null, 10);
  assert.deepEqual(
    first?.rows.map(({ seq }) => seq),
    [22, 23, 24, 25, 26, 27, 28, 29, 30, 31],
  );
  assert.deepEqual((await log.trail(null, 100))?.rows.length, 31);
  log.append(request(32));
  const next = await log.trail(first?.head ?? null, 10);
  assert.deepEqual(
    next?.rows.map(({ seq }) => seq),
    [32],
  );
  assert.deepEqual((await log.trail(next?.head ?? null, 10))?.rows, []);
  tamper(file, (database) => database.exec("DELETE FROM entry WHERE seq = 28"));
  assert.equal(await log.trail(null, 10), null);
  log.close();
});

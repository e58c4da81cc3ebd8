/**
 * Whatever somebody without the key does to the file, nothing is allowed by it. One thing is not noticed: a whole older
 * copy, put back while no SmartClaw runs. The audit log tells of it, which holds every grant, revocation and panic.
 */
import assert from "node:assert/strict";
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import fc from "fast-check";
import type { GrantStore } from "./grant-store.ts";
import {
  day,
  grant,
  inForce,
  putRows,
  type Rows,
  rowsOf,
  run,
  start,
  type TestPlace,
  testPlace,
  until,
} from "./testing/test-store.ts";

const project = { type: "read", path: "/home/u/proj" } as const;

interface Furnished {
  readonly place: TestPlace;
  readonly store: GrantStore;
  readonly stranger: DatabaseSync;
  readonly rows: Rows;
  readonly denied: string;
}

/** Two grants that allow, one that forbids, and one that was taken back. */
function furnished(): Furnished & { readonly older: Rows } {
  const place = testPlace();
  const store = place.open();
  const made = store.add([
    grant(project),
    grant(run("cat")),
    grant(project, { effect: "deny" }),
    grant(run("rm")),
  ]);
  const stranger = place.stranger();
  const older = rowsOf(stranger);
  store.revoke(made[3]?.id ?? "");
  assert.equal(inForce(store).allow.length, 2);
  return { place, store, stranger, rows: rowsOf(stranger), older, denied: made[2]?.id ?? "" };
}

/** Nothing is allowed and the user is told, in the process that runs and in the next one. */
function assertNoticed({ place, store, denied }: Furnished, what: string): void {
  assert.deepEqual(inForce(store), { allow: [], deny: [denied] }, what);
  assert.match(store.damage() ?? "", /[a-z ]+\.$/, what);
  assert.equal(store.isArmed(), false, what);
  assert.ok(
    store.list().every(({ effect, standing }) => standing === (effect === "deny" ? "effective" : "void")),
    what,
  );
  const next = place.open();
  assert.deepEqual(inForce(next).allow, [], what);
  assert.match(next.damage() ?? "", /[a-z ]+\.$/, what);
  next.close();
}

function assertUntouched({ store, denied }: Furnished): void {
  assert.equal(store.damage(), null);
  assert.deepEqual([inForce(store).allow.length, inForce(store).deny], [2, [denied]]);
}

test("no byte of any column of any row can be another one", () => {
  const all = furnished();
  const { store, stranger, rows, place } = all;
  for (const table of ["held", "state"] as const)
    for (const [at, row] of rows[table].entries())
      for (const [column, value] of Object.entries(row)) {
        if (typeof value === "number") continue;
        const bytes = Buffer.from(value);
        const type = typeof value === "string" ? "TEXT" : "BLOB";
        for (let byte = 0; byte < bytes.length; byte += 1) {
          const changed = Buffer.from(bytes);
          changed[byte] = (changed[byte] ?? 0) ^ (byte % 3 === 0 ? 0x80 : 0x10);
          stranger
            .prepare(`UPDATE ${table} SET ${column} = CAST(? AS ${type}) WHERE rowid = ?`)
            .run(changed, at + 1);
          const what = `${table}.${column}[${byte}] of row ${at}`;
          if (byte % 20 === 0) assertNoticed(all, what);
          assert.deepEqual(inForce(store), { allow: [], deny: [all.denied] }, what);
          putRows(stranger, rows);
        }
        assertUntouched(all);
      }
  assert.ok(place.logged.every((line) => /cannot be relied on/.test(line)));
  store.close();
});

test("no row can be taken away, doubled, made up or put back, and Guardian cannot be switched", () => {
  const all = furnished();
  const { store, stranger, rows, older } = all;
  const revoked = older.held.filter(({ id }) => !rows.held.some((row) => row.id === id));
  const [state] = rows.state;
  assert.ok(state && revoked.length === 1);
  const foreign = testPlace(undefined, 8);
  const other = foreign.open();
  other.add([grant(run("rm"))]);
  const otherStranger = foreign.stranger();
  const made = rowsOf(otherStranger).held;
  const withState = (change: Record<string, unknown>): Rows => ({
    ...rows,
    state: [{ ...state, value: JSON.stringify({ ...JSON.parse(state.value), ...change }) }],
  });
  const attacks: Readonly<Record<string, Rows>> = {
    "a grant that forbids is gone": {
      ...rows,
      held: rows.held.filter(({ id }) => id !== all.denied),
    },
    "a grant that allows is gone": { ...rows, held: rows.held.slice(1) },
    "all grants are gone": { ...rows, held: [] },
    "a grant is there twice": {
      ...rows,
      held: [...rows.held, ...rows.held.slice(0, 1).map((row) => ({ ...row, id: "copy" }))],
    },
    "a revoked grant is back": { ...rows, held: [...rows.held, ...revoked] },
    "grants have changed their places": {
      ...rows,
      held: rows.held.map((row, at) => ({ ...row, id: rows.held.at(at - 1)?.id ?? "" })),
    },
    "a grant of another SmartClaw is there": { ...rows, held: [...rows.held, ...made] },
    "everything is of another SmartClaw": rowsOf(otherStranger),
    "the epoch is another": withState({ epoch: 0 }),
    "Guardian is switched off": withState({ armed: false }),
    "the state is newer": withState({ revision: 2 ** 50 }),
    "the state is beyond all numbers": withState({ epoch: 1e300 }),
    "the state is gone": { ...rows, state: [] },
    "the state is of an older time": { ...rows, state: older.state },
    "everything is of an older time": older,
    "nothing is there": { held: [], state: [] },
  };
  for (const [what, changed] of Object.entries(attacks)) {
    putRows(stranger, changed);
    // In the next process it is as authentic as it was then.
    if (what === "everything is of an older time") {
      assert.deepEqual(inForce(store), { allow: [], deny: [all.denied] }, what);
      assert.match(store.damage() ?? "", /Older grants/);
    } else assertNoticed(all, what);
    putRows(stranger, rows);
    assertUntouched(all);
  }
  for (const one of [other, otherStranger, stranger, store]) one.close();
});

test("a panic cannot be undone by putting back what was there before", () => {
  const all = furnished();
  all.store.panic();
  putRows(all.stranger, all.rows);
  assert.deepEqual([inForce(all.store).allow, all.store.isArmed()], [[], false]);
  assert.match(all.store.damage() ?? "", /Older grants/);
  all.store.repair();
  assert.deepEqual([inForce(all.store).allow, all.store.isArmed(), all.store.epoch()], [[], false, 3]);
  all.store.arm();
  assert.deepEqual(inForce(all.store), { allow: [], deny: [all.denied] });
  all.store.close();
});

test("a panic is not forgotten when another process goes on from what was put back", () => {
  const all = furnished();
  all.store.panic();
  putRows(all.stranger, all.rows);
  const unaware = all.place.open();
  all.place.clock.time += day;
  unaware.add([grant(run("ls"))]);
  assert.equal(inForce(unaware).allow.length, 3);
  assert.deepEqual([inForce(all.store).allow, all.store.isArmed()], [[], false]);
  assert.match(all.store.damage() ?? "", /Older grants/);
  all.store.repair();
  assert.deepEqual([inForce(unaware).allow, unaware.isArmed(), unaware.damage()], [[], false, null]);
  for (const one of [unaware, all.stranger, all.store]) one.close();
});

test("in which order grants lie in the file says nothing", () => {
  const all = furnished();
  putRows(all.stranger, { ...all.rows, held: all.rows.held.toReversed() });
  assertUntouched(all);
  all.store.add([grant(run("ls"), { effect: "deny" })]);
  assert.equal(all.store.damage(), null);
  for (const one of [all.stranger, all.store]) one.close();
});

test("what is changed behind the back of SQLite is never signed", () => {
  const all = furnished();
  const { file } = all.place;
  all.stranger.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  const bytes = readFileSync(file);
  const at = bytes.indexOf("/home/u/proj");
  assert.ok(at > 0);
  const descriptor = openSync(file, "r+");
  for (let from = at; from >= 0; from = bytes.indexOf("/home/u/proj", from + 1))
    writeSync(descriptor, "/home/u/.ssh", from);
  closeSync(descriptor);
  try {
    all.store.add([grant(run("ls"))]);
  } catch (error) {
    assert.equal((error as { code?: string }).code, "STORAGE_CORRUPT");
  }
  all.stranger.close();
  all.store.close();
  const next = all.place.open();
  assert.ok(!JSON.stringify(next.list()).includes(".ssh"));
  if (next.damage() !== null) assert.deepEqual(inForce(next).allow, []);
  next.close();
});

test("a panic holds in a damaged store, also when the damage is put right by hand", () => {
  const all = furnished();
  all.stranger.exec("UPDATE held SET value = value || ' '");
  const epoch = all.store.epoch();
  assert.equal(all.store.panic(), epoch + 1);
  all.stranger.exec("UPDATE held SET value = trim(value)");
  assert.deepEqual([inForce(all.store).allow, all.store.isArmed()], [[], false]);
  all.store.close();
  const next = all.place.open();
  assert.deepEqual([inForce(next).allow, next.isArmed()], [[], false]);
  next.close();
});

test("with damage nothing is written that would sign it, and a repair keeps what is authentic and allows nothing", () => {
  const all = furnished();
  const { store, stranger, rows, place, denied } = all;
  const forged = rows.held.map((row, at) =>
    at === 0 ? { ...row, value: row.value.replace('"owner"', '"channel:x"') } : row,
  );
  putRows(stranger, { ...rows, held: forged });
  const refused = { code: "STORAGE_CORRUPT" };
  assert.throws(() => store.add([grant(run("ls"))]), refused);
  assert.throws(() => store.revoke(denied), refused);
  assert.throws(() => store.renew(denied, until(start + day)), refused);
  assert.throws(() => store.arm(), refused);
  store.used(rows.held.map(({ id }) => id));
  assertNoticed(all, "still");

  store.repair();
  assert.equal(store.damage(), null);
  assert.deepEqual([inForce(store), store.isArmed()], [{ allow: [], deny: [denied] }, false]);
  assert.deepEqual(
    store.list().map(({ standing }) => standing),
    ["void", "effective"],
  );
  store.arm();
  const [anew] = store.add([grant(run("ls"))]);
  assert.deepEqual(inForce(store), { allow: [anew?.id], deny: [denied] });
  putRows(stranger, rows);
  assert.deepEqual(inForce(store), { allow: [], deny: [denied] });
  assert.match(store.damage() ?? "", /Older grants/);
  store.repair();
  store.close();
  const next = place.open();
  assert.deepEqual([next.damage(), inForce(next)], [null, { allow: [], deny: [denied] }]);
  next.close();
});

test("what was forbidden for longer stays forbidden for longer when the older grant is put back", () => {
  const { store, stranger, rows, denied } = furnished();
  store.renew(denied, until(start + 300 * day));
  const now = rowsOf(stranger);
  const older = rows.held.filter(({ id }) => id === denied);
  putRows(stranger, { ...now, held: [...now.held.filter(({ id }) => id !== denied), ...older] });
  const [forbids] = store.effective();
  assert.deepEqual([forbids?.id, forbids?.until], [denied, start + 300 * day]);
  store.repair();
  assert.equal(store.list().find(({ id }) => id === denied)?.renewedAt, start);
  for (const one of [stranger, store]) one.close();
});

test("tables of another form, and tables that are gone, are damage that a repair takes away", () => {
  for (const attack of [
    "DROP TABLE held",
    "DROP TABLE state",
    "ALTER TABLE held RENAME COLUMN value TO v",
    "DROP TABLE state; CREATE TABLE state (value, seal); INSERT INTO state VALUES (9223372036854775807, 1.5)",
    "ALTER TABLE held RENAME TO h; CREATE VIEW held AS SELECT * FROM h",
    "ALTER TABLE held RENAME TO h; CREATE TABLE held AS SELECT * FROM h UNION ALL SELECT * FROM h",
    "CREATE TRIGGER again AFTER INSERT ON state BEGIN DELETE FROM held; END",
    "PRAGMA user_version = 2; DELETE FROM held",
  ]) {
    const all = furnished();
    all.stranger.exec(attack);
    all.stranger.close();
    assertNoticed(all, attack);
    all.store.repair();
    assert.deepEqual(
      [all.store.damage(), inForce(all.store)],
      [null, { allow: [], deny: [all.denied] }],
      attack,
    );
    all.store.close();
    const next = all.place.open();
    assert.deepEqual([next.damage(), inForce(next).allow], [null, []], attack);
    next.close();
  }
});

test("a file that is replaced, or gone, is noticed while SmartClaw runs", () => {
  for (const attack of ["older", "gone", "empty", "rubbish"] as const) {
    const all = furnished();
    const { file } = all.place;
    all.stranger.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    const older = readFileSync(file);
    all.store.revoke(all.store.list().find(({ effect }) => effect === "allow")?.id ?? "");
    all.store.panic();
    renameSync(file, `${file}.taken`);
    for (const rest of ["-wal", "-shm"]) rmSync(file + rest);
    if (attack !== "gone")
      writeFileSync(file, attack === "older" ? older : attack === "empty" ? "" : "x".repeat(5000));
    assert.deepEqual(inForce(all.store), { allow: [], deny: [all.denied] }, attack);
    assert.ok(all.store.damage(), attack);
    all.store.panic();
    all.store.repair();
    assert.deepEqual(
      [all.store.damage(), inForce(all.store)],
      [null, { allow: [], deny: [all.denied] }],
      attack,
    );
    all.store.arm();
    assert.equal(all.store.add([grant(run("ls"))]).length, 1);
    assert.equal(inForce(all.store).allow.length, 1);
    all.stranger.close();
    all.store.close();
    const next = all.place.open();
    assert.deepEqual([next.damage(), inForce(next).allow.length], [null, 1], attack);
    next.close();
    const aside = readdirSync(dirname(file)).some((name) => name.includes("damaged"));
    assert.equal(aside, attack !== "gone" && attack !== "older", attack);
  }
});

test("whatever byte of the file is another one, and wherever it is cut off, nothing more is allowed than before", () => {
  const all = furnished();
  const before = all.store.effective();
  const { file } = all.place;
  all.stranger.close();
  all.store.close();
  const whole = readFileSync(file);
  let noticed = 0;
  const look = (what: string): void => {
    for (const rest of ["-wal", "-shm"]) rmSync(file + rest, { force: true });
    const store = all.place.open();
    if (store.damage() === null) assert.deepEqual(store.effective(), before, what);
    else {
      noticed += 1;
      assert.deepEqual(inForce(store).allow, [], what);
    }
    store.close();
  };
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] ?? 0) ^ flip;
      writeFileSync(file, changed);
      look(`byte ${at} ^ ${flip}`);
    }),
    { numRuns: 400 },
  );
  for (let length = 0; length < whole.length; length += 509) {
    writeFileSync(file, whole);
    truncateSync(file, length);
    look(`${length} bytes`);
  }
  assert.ok(noticed > 30, `${noticed}`);
  writeFileSync(file, whole);
  look("as it was");
});

test("a log of SQLite that was left by another file is not taken for this one's", () => {
  const all = furnished();
  const { file } = all.place;
  const log = readFileSync(`${file}-wal`);
  all.stranger.close();
  all.store.close();
  rmSync(file);
  writeFileSync(`${file}-wal`, log);
  const store = all.place.open();
  assert.deepEqual([store.damage(), store.list()], [null, []]);
  store.close();
  assert.equal(existsSync(`${file}-wal`), false);
});

import assert from "node:assert/strict";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { DatabaseSync } from "node:sqlite";
import { createStates } from "./states.ts";
import { becomeNobody } from "./testing/become-nobody.ts";

becomeNobody();
const root = mkdtempSync(join(tmpdir(), "sc-states-"));
after(() => rmSync(root, { recursive: true, force: true }));
let count = 0;
function fresh() {
  const folder = join(root, String((count += 1)));
  mkdirSync(folder);
  const link = join(folder, "openclaw");
  const states = createStates({ home: join(folder, "states"), link, platform: process.platform });
  return { folder, link, states };
}

test("the same path always leads to the state that is used", () => {
  const { link, states } = fresh();
  states.use("first");
  writeFileSync(join(link, "what"), "of the first");
  states.use("second");
  assert.ok(!existsSync(join(link, "what")));
  states.use("first");
  states.use("first");
  assert.equal(readFileSync(join(link, "what"), "utf8"), "of the first");
  assert.equal(lstatSync(join(link, "..", "states", "first")).mode & 0o777, 0o700);
});

test("a state from before there were updates is taken in as it is", () => {
  const { link, states } = fresh();
  mkdirSync(join(link, "agents"), { recursive: true });
  writeFileSync(join(link, "agents", "history"), "long ago");
  states.use("openclaw");
  assert.ok(lstatSync(link).isSymbolicLink());
  assert.equal(readFileSync(join(link, "agents", "history"), "utf8"), "long ago");
});

test("a link that a crash left behind is not in the way", () => {
  const { folder, link, states } = fresh();
  states.use("first");
  writeFileSync(`${link}.next`, "left behind");
  states.use("second");
  assert.equal(readlinkSync(link), join(folder, "states", "second"));
});

test("a copy is whole, its own, and an unfinished one before it is made anew", async () => {
  const { folder, link, states } = fresh();
  states.use("first");
  mkdirSync(join(link, "deep"));
  writeFileSync(join(link, "deep", "file"), "one");
  mkdirSync(join(folder, "states", "second.part"));
  writeFileSync(join(folder, "states", "second.part", "torn"), "half");
  await states.copy("first", "second");
  assert.ok(!existsSync(join(states.folder("second"), "torn")));
  writeFileSync(join(states.folder("second"), "deep", "file"), "two");
  assert.equal(readFileSync(join(link, "deep", "file"), "utf8"), "one");
  // A second time nothing is to be done, and what is there stays.
  await states.copy("first", "second");
  assert.equal(readFileSync(join(states.folder("second"), "deep", "file"), "utf8"), "two");
});

test("links in a state, in circles too, and files that nobody may write to are copied as they are", async () => {
  const { folder, link, states } = fresh();
  states.use("first");
  const outside = join(folder, "outside");
  mkdirSync(outside);
  writeFileSync(join(outside, "closed"), "", { mode: 0 });
  writeFileSync(join(link, "read-only"), "one", { mode: 0o444 });
  symlinkSync(outside, join(link, "outside"));
  symlinkSync("..", join(link, "circle"));
  await states.copy("first", "second");
  assert.equal(readlinkSync(join(states.folder("second"), "circle")), "..");
  assert.equal(readFileSync(join(states.folder("second"), "read-only"), "utf8"), "one");
});

test("a database that is being written is copied as of one moment", async () => {
  const { folder, link, states } = fresh();
  states.use("first");
  const database = new DatabaseSync(join(link, "busy.sqlite"));
  database.exec("PRAGMA journal_mode = WAL; CREATE TABLE pair (a INTEGER, b INTEGER)");
  for (let row = 0; row < 500; row += 1) database.exec(`INSERT INTO pair VALUES (${row}, ${row})`);
  const lock = new DatabaseSync(join(link, "gateway.lock.sqlite"));
  lock.exec("CREATE TABLE held (a); BEGIN EXCLUSIVE");
  const copying = states.copyRunning("first", join(folder, "copy"));
  for (let row = 0; row < 100; row += 1) database.exec(`UPDATE pair SET a = a + 1, b = b + 1`);
  await copying;
  database.close();
  lock.close();
  const copy = new DatabaseSync(join(folder, "copy", "busy.sqlite"));
  assert.equal(copy.prepare("SELECT count(*) AS torn FROM pair WHERE a != b").get()?.["torn"], 0);
  assert.equal(copy.prepare("SELECT count(*) AS all_rows FROM pair").get()?.["all_rows"], 500);
  copy.close();
});

test("whoever starts on a copy does not get at the original", async () => {
  const { folder, link, states } = fresh();
  states.use("first");
  const database = new DatabaseSync(join(link, "main.sqlite"));
  database.exec("CREATE TABLE agent (path TEXT PRIMARY KEY, facts TEXT, number INTEGER)");
  const add = database.prepare("INSERT INTO agent VALUES (?, ?, ?)");
  add.run(join(link, "agents", "main.sqlite"), JSON.stringify({ log: join(link, "log") }), 1);
  database.exec("CREATE TABLE agent_leases (pid INTEGER); INSERT INTO agent_leases VALUES (1)");
  add.run(link, "", 2);
  add.run(`${link}-beside/it`, "", 3);
  add.run(join(states.folder("first"), "resolved"), "", 4);
  database.close();
  const copy = join(folder, "copy");
  await states.copyRunning("first", copy);
  const moved = new DatabaseSync(join(copy, "main.sqlite"));
  const rows = moved.prepare("SELECT path, facts FROM agent ORDER BY number").all();
  assert.equal(moved.prepare("SELECT count(*) AS held FROM agent_leases").get()?.["held"], 0);
  moved.close();
  assert.deepEqual(
    rows.map((row) => row["path"]),
    [join(copy, "agents", "main.sqlite"), copy, `${link}-beside/it`, join(copy, "resolved")],
  );
  assert.equal(rows[0]?.["facts"], JSON.stringify({ log: join(copy, "log") }));
});

test("whoever is given a copy does not get at the original, by whatever name that was known", async () => {
  const { folder } = fresh();
  mkdirSync(join(folder, "real"));
  symlinkSync(join(folder, "real"), join(folder, "seen"));
  const states = createStates({
    home: join(folder, "seen", "states"),
    link: join(folder, "seen", "openclaw"),
    platform: process.platform,
  });
  states.use("first");
  const database = new DatabaseSync(join(states.folder("first"), "main.sqlite"));
  database.exec("CREATE TABLE agent (path TEXT PRIMARY KEY)");
  const add = database.prepare("INSERT INTO agent VALUES (?)");
  for (const place of [
    "seen/states/first/a",
    "real/states/first/a",
    "seen/openclaw/a",
    "real/states/firsts/a",
  ])
    add.run(join(folder, place));
  database.close();
  const before = readFileSync(join(states.folder("first"), "main.sqlite"));
  writeFileSync(join(states.folder("first"), "none.sqlite"), "no database at all, but of some length");
  await states.copy("first", "second");
  const copy = new DatabaseSync(join(states.folder("second"), "main.sqlite"));
  const paths = copy
    .prepare("SELECT path FROM agent")
    .all()
    .map(({ path }) => String(path));
  copy.close();
  assert.deepEqual(
    new Set(paths.map((path) => path.slice(folder.length + 1))),
    new Set(["seen/states/second/a", "real/states/second/a", "seen/openclaw/a", "real/states/firsts/a"]),
  );
  assert.deepEqual(readFileSync(join(states.folder("first"), "main.sqlite")), before);
  assert.match(readFileSync(join(states.folder("second"), "none.sqlite"), "utf8"), /^no database/);
});

test("the state that is used is never removed", async () => {
  const { states } = fresh();
  states.use("first");
  states.use("second");
  await states.remove("second");
  await states.remove("first");
  assert.deepEqual(states.list(), ["second"]);
});

/** Offers come from the log; whoever changes its file has nothing offered that was never allowed. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { openTestLog, tamper, testFolder, testPlace } from "../audit/testing/open-test-log.ts";
import { worldOfLines } from "../check/world-of-lines.ts";
import { grant, start, testPlace as grantsPlace } from "../grants/testing/test-store.ts";
import type { Asked } from "./asked.ts";
import { createHabits } from "./habits.ts";

const folder = testFolder();
const world = worldOfLines();
let serial = 0;

const grep: Asked = {
  mayRepeat: true,
  trees: [],
  needs: [
    {
      type: "run",
      program: "/usr/bin/grep",
      argv: ["grep", "-n", "a"],
      words: ["grep", "-n", "a"],
      data: true,
    },
  ],
};

function open() {
  const file = join(folder, `${(serial += 1)}.sqlite`);
  const place = testPlace();
  const now = (): number => start;
  const log = openTestLog(file, place, { now });
  const grants = grantsPlace().open();
  const errors: string[] = [];
  const quiet = { info() {}, warn() {}, error: (_: unknown, message: string) => void errors.push(message) };
  const habitsOf = (audit: typeof log) => createHabits({ audit, grants, world, clock: { now }, log: quiet });
  return {
    file,
    log,
    grants,
    errors,
    habits: habitsOf(log),
    again: () => habitsOf(openTestLog(file, place, { now })),
    answer: (said: string, asked: unknown = grep) =>
      void log.append({ kind: "answer", body: { said, asked } }),
  };
}

test("three answers in the log are an offer, also after a restart, until it is granted", async () => {
  const it = open();
  for (let time = 0; time < 3; time += 1) it.answer(time === 1 ? "session" : "once");
  const scope = { type: "run", words: ["/usr/bin/grep", "-n", "a"], rest: false } as const;
  assert.deepEqual(
    (await it.habits.offers()).map(({ scopes }) => scopes),
    [[scope]],
  );
  // Whoever asks at the same time reads no row twice.
  const many = await Promise.all([1, 2, 3].map(() => it.habits.offers()));
  assert.deepEqual(
    many.map(([one]) => one?.times),
    [3, 3, 3],
  );
  it.log.close();
  const again = it.again();
  assert.equal((await again.offers()).length, 1);
  it.grants.add([grant(scope)]);
  assert.deepEqual(await again.offers(), []);
});

test("no answer, a question that was withdrawn, and rows of another form count for nothing", async () => {
  const it = open();
  for (const said of ["late", "gone", "taken", "paused", "late"]) it.answer(said);
  it.answer("once", { mayRepeat: true });
  it.answer("once", { ...grep, needs: [{ type: "tool", name: "x" }] });
  it.answer("once", null);
  assert.deepEqual(await it.habits.offers(), []);
});

test("a program that others than the administrator can change is not offered", async () => {
  const it = open();
  const own = { ...grep, needs: [{ ...grep.needs[0], program: "/home/u/proj/run.sh" }] };
  for (let time = 0; time < 3; time += 1) it.answer("once", own);
  assert.deepEqual(await it.habits.offers(), []);
});

const forged = Buffer.from(JSON.stringify({ said: "once", asked: grep })).toString("hex");
const attacks: Readonly<Record<string, string>> = {
  "an answer is added": `INSERT INTO entry VALUES (4, ${start}, 'answer', x'${forged}', x'00')`,
  "a no is made a yes": `UPDATE entry SET body = x'${forged}' WHERE seq = 3`,
  "a no is taken away": "DELETE FROM entry WHERE seq = 3",
  "the beginning is taken away": "DELETE FROM entry WHERE seq < 3",
};
for (const [name, sql] of Object.entries(attacks))
  test(`nothing is offered when ${name} in the file`, async () => {
    for (const isOpen of [true, false]) {
      const it = open();
      it.answer("once");
      it.answer("once");
      it.answer("deny");
      // The head is kept at once.
      it.log.append({ kind: "arm", body: {} });
      for (let time = 0; time < 3; time += 1) it.answer("once");
      if (!isOpen) it.log.close();
      tamper(it.file, (database) => {
        if (name === "an answer is added") database.exec("DELETE FROM entry WHERE seq >= 4");
        database.exec(sql);
      });
      const habits = isOpen ? it.habits : it.again();
      assert.deepEqual(await habits.offers(), []);
      assert.equal(it.errors.length, 1, it.errors.join());
    }
  });

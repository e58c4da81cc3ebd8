import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Answered, createAsking, type PausedSession } from "./asking.ts";
import { createQuestions, type Said } from "./questions.ts";

function open() {
  let now = 1_700_000_000_000;
  let number = 0;
  const clock = { now: () => now };
  const newId = (): string => `q${(number += 1)}`;
  const questions = createQuestions({ clock, newId, setTimer: () => () => undefined, changed() {} });
  const pauses: PausedSession[] = [];
  const asking = createAsking({ questions, clock, onPause: (one) => void pauses.push(one) });
  const question = {
    asks: "The assistant",
    conversation: null,
    tool: "exec",
    text: "ls",
    folder: "/home/u",
    effects: [],
    reasons: [],
    risk: "green" as const,
    forSession: [],
  };
  return {
    asking,
    questions,
    pauses,
    pass: (ms: number) => void (now += ms),
    ask: (key: string, signal = new AbortController().signal, session = "s"): Promise<Answered> =>
      asking.ask(key, session, question, signal),
    async answer(answer: "deny" | "once" | "session") {
      const [one] = questions.waiting();
      assert.ok(one !== undefined, "nothing waits");
      questions.answer({ id: one.id, hash: one.hash, answer });
      await settled();
    },
  };
}

const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

test("the same is asked once; a yes for once is for one call, any other answer for all", async () => {
  for (const [answer, others] of [
    ["once", "taken"],
    ["session", "session"],
    ["deny", "deny"],
  ] as const) {
    const it = open();
    const asked = [it.ask("a"), it.ask("a"), it.ask("a")];
    assert.equal(it.questions.waiting().length, 1);
    await it.answer(answer);
    assert.deepEqual(await Promise.all(asked), [
      { said: answer, isFirst: true },
      { said: others, isFirst: false },
      { said: others, isFirst: false },
    ]);
  }
});

test("something else, or the same later, is another question", async () => {
  const it = open();
  const first = it.ask("a");
  void it.ask("b");
  assert.equal(it.questions.waiting().length, 2);
  await it.answer("once");
  assert.equal((await first).said, "once");
  void it.ask("a");
  assert.equal(it.questions.waiting().length, 2);
});

test("who does not wait any more takes nobody's answer with it; with the last one the question goes", async () => {
  const it = open();
  const [one, two] = [new AbortController(), new AbortController()];
  const asked = [it.ask("a", one.signal), it.ask("a", two.signal)];
  one.abort();
  assert.equal((await asked[0])?.said, "gone");
  assert.equal(it.questions.waiting().length, 1);
  await it.answer("once");
  assert.deepEqual(await asked[1], { said: "once", isFirst: true });
  const three = new AbortController();
  const gone = it.ask("a", three.signal);
  three.abort();
  const after = it.ask("a");
  assert.equal((await gone).said, "gone");
  await settled();
  assert.equal(it.questions.waiting().length, 1);
  await it.answer("once");
  assert.equal((await after).said, "once");
});

test("a no holds for the same for two seconds, without another question", async () => {
  const it = open();
  const first = it.ask("a");
  await it.answer("deny");
  assert.equal((await first).said, "deny");
  it.pass(1999);
  assert.deepEqual(await it.ask("a"), { said: "deny", isFirst: false });
  assert.equal(it.questions.waiting().length, 0);
  it.pass(1);
  void it.ask("a");
  assert.equal(it.questions.waiting().length, 1);
});

test("after three times no in a session it asks no more, until the owner says so; others do", async () => {
  const it = open();
  for (const key of ["a", "b", "c"]) {
    void it.ask(key);
    // A yes in between does not make up for a no.
    await it.answer("deny");
    const fine = it.ask("fine");
    if (!it.asking.isPaused("s")) await it.answer("once");
    await fine;
  }
  assert.deepEqual(it.pauses, [{ session: "s", asks: "The assistant", since: 1_700_000_000_000 }]);
  assert.deepEqual(it.asking.paused(), it.pauses);
  assert.deepEqual(await it.ask("d"), { said: "paused", isFirst: false });
  assert.equal(it.questions.waiting().length, 0);
  const other = it.ask("d", new AbortController().signal, "t");
  await it.answer("once");
  assert.equal((await other).said, "once");
  assert.equal(it.asking.resume("s"), true);
  assert.equal(it.asking.resume("s"), false);
  void it.ask("e");
  assert.equal(it.questions.waiting().length, 1);
});

test("the same that was refused at once counts as one no, and what nobody answered as none", async () => {
  const it = open();
  const asked = [it.ask("a"), it.ask("a"), it.ask("a"), it.ask("a")];
  await it.answer("deny");
  await Promise.all(asked);
  await it.ask("a");
  assert.equal(it.asking.isPaused("s"), false);
  for (let round = 0; round < 5; round += 1) {
    void it.ask(`late ${round}`);
    it.questions.dismissAll();
    await settled();
  }
  assert.equal(it.asking.isPaused("s"), false);
});

test("whatever comes in whatever order: no more calls are let through than the owner said yes", async () => {
  const step = fc.oneof(
    fc.record({ ask: fc.constantFrom("a", "b", "c"), session: fc.constantFrom("s", "t") }),
    fc.record({ answer: fc.constantFrom("once", "deny") }),
    fc.record({ leave: fc.nat(5) }),
    fc.record({ pass: fc.nat(3000) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const it = open();
      const heard: Said[] = [];
      const leaving: AbortController[] = [];
      let yes = 0;
      for (const one of steps) {
        if ("ask" in one) {
          const controller = new AbortController();
          leaving.push(controller);
          void it
            .ask(`${one.session} ${one.ask}`, controller.signal, one.session)
            .then(({ said }) => void heard.push(said as Said));
        } else if ("answer" in one) {
          if (it.questions.waiting().length === 0) continue;
          if (one.answer === "once") yes += 1;
          await it.answer(one.answer);
        } else if ("leave" in one) leaving[one.leave]?.abort();
        else it.pass(one.pass);
        await settled();
        assert.ok(heard.filter((said) => said === "once").length <= yes);
        const texts = it.questions.waiting();
        assert.ok(texts.length <= 6, "one for each that is different");
      }
    }),
    { numRuns: 100 },
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { createQuestions, type Questions, type Said } from "./questions.ts";

const question: Parameters<Questions["ask"]>[0] = {
  asks: "The assistant",
  conversation: null,
  tool: "exec",
  text: "rm a",
  folder: "/p",
  effects: [],
  reasons: [],
  risk: "green",
  forSession: null,
};

function open() {
  let number = 0;
  let changes = 0;
  let now = 1000;
  const timers = new Set<{ at: number; run: () => void }>();
  const questions = createQuestions({
    clock: { now: () => now },
    newId: () => `q${(number += 1)}`,
    setTimer(ms, run) {
      const timer = { at: now + ms, run };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    changed: () => void (changes += 1),
  });
  const ask = (more: Partial<typeof question> = {}) => {
    const gone = new AbortController();
    const said = questions.ask({ ...question, ...more }, gone.signal);
    return { gone, said, request: questions.waiting().at(-1) ?? assert.fail("it does not wait") };
  };
  const pass = (ms: number): void => {
    now += ms;
    for (const timer of timers) if (timer.at <= now) timer.run();
  };
  return { questions, ask, pass, timers, changes: () => changes };
}

/** Undefined while nothing was said. */
async function now(said: Promise<Said>): Promise<Said | undefined> {
  return await Promise.race([said, Promise.resolve(undefined)]);
}

test("an answer is for the question that it names, and for what was shown", async () => {
  const { questions, ask } = open();
  const [one, other] = [ask(), ask({ text: "rm b" })];
  const { id, hash } = one.request;
  for (const forged of ["", "x".repeat(hash.length), other.request.hash, `${hash}=`])
    assert.throws(() => questions.answer({ id, hash: forged, answer: "once" }), { code: "CONFLICT" });
  assert.throws(() => questions.answer({ id: "q9", hash, answer: "once" }), { code: "NOT_FOUND" });
  assert.equal(await now(one.said), undefined, "a wrong answer is none");
  questions.answer({ id, hash, answer: "once" });
  assert.equal(await one.said, "once");
  assert.equal(await now(other.said), undefined);
  assert.throws(() => questions.answer({ id, hash, answer: "once" }), { code: "NOT_FOUND" }, "twice");
});

test("the hash differs with everything that is shown, and between two equal questions", () => {
  const { ask } = open();
  const variants: Partial<typeof question>[] = [
    {},
    {},
    { text: "rm  a" },
    { folder: "/q" },
    { tool: "process" },
    { effects: [{ kind: "read", what: "/p" }] },
    { reasons: ["because"] },
    { risk: "red" },
    { forSession: [{ type: "read", path: "/p" }] },
  ];
  assert.equal(new Set(variants.map((one) => ask(one).request.hash)).size, variants.length);
});

test("for longer is only said where it was offered", async () => {
  const { questions, ask } = open();
  const { request, said } = ask();
  const { id, hash } = request;
  assert.throws(() => questions.answer({ id, hash, answer: "session" }), { code: "BAD_REQUEST" });
  assert.equal(await now(said), undefined);
  const other = ask({ forSession: [{ type: "undo" }] });
  questions.answer({ id: other.request.id, hash: other.request.hash, answer: "session" });
  assert.equal(await other.said, "session");
});

test("nobody waits for it, nobody answers, or all is stopped: nobody said yes", async () => {
  const { questions, ask, pass, timers } = open();
  const [gone, late] = [ask(), ask()];
  gone.gone.abort();
  assert.equal(await gone.said, "gone");
  pass(9 * 60_000 - 1);
  assert.equal(await now(late.said), undefined);
  const stopped = ask();
  pass(1);
  assert.equal(await late.said, "late");
  questions.dismissAll();
  assert.equal(await stopped.said, "gone");
  for (const { request } of [gone, late, stopped])
    assert.throws(() => questions.answer({ id: request.id, hash: request.hash, answer: "once" }), {
      code: "NOT_FOUND",
    });
  assert.deepEqual([questions.waiting(), timers.size], [[], 0], "nothing is left of them");
  const before = new AbortController();
  before.abort();
  assert.equal(await questions.ask(question, before.signal), "gone");
});

test("whoever asks without end is not heard, and who answers is told of each change", async () => {
  const { questions, ask, changes } = open();
  const asked = Array.from({ length: 20 }, () => ask());
  assert.equal(await questions.ask(question, new AbortController().signal), "late");
  assert.equal(questions.waiting().length, 20);
  assert.deepEqual([questions.askedSince(1000), questions.askedSince(1001), changes()], [20, 0, 20]);
  const [first] = asked;
  assert.ok(first);
  questions.answer({ id: first.request.id, hash: first.request.hash, answer: "deny" });
  assert.equal(await first.said, "deny");
  assert.equal(changes(), 21);
  ask();
  assert.equal(questions.waiting().length, 20);
});

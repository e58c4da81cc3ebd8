/** The owner and the broker: who asks, how often, what repeats, and what is taken back. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { checkScope } from "../grants/check-scope.ts";
import { createHabits } from "../habits/habits.ts";
import { createOffers } from "../habits/offers.ts";
import { carryOut, openTestBroker, session } from "./testing/open-test-broker.ts";

const skip =
  process.platform === "linux" && existsSync("/usr/bin/bwrap") ? false : "there is no bubblewrap here";
const quiet = { info() {}, warn() {}, error() {} };

async function until(done: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !done();) {
    assert.ok(Date.now() < end, "it never came");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test("the question says in which conversation it is asked", { skip }, async () => {
  const it = openTestBroker({
    nameOf: (key) => (key === session ? Promise.resolve("Taxes”\u202e") : Promise.reject(new Error("away"))),
  });
  const asks: string[] = [];
  it.answerWith(() => void asks.push(it.broker.questions.waiting()[0]?.asks ?? ""));
  await it.decide(it.exec("cat a.txt"));
  await it.decide({ ...it.exec("cat a.txt"), session: "agent:main:cron:backup", isOwner: null });
  await it.decide({ ...it.exec("cat a.txt"), session: "agent:main:2" });
  assert.deepEqual(asks, [
    "The assistant, in the conversation “Taxes'<U+202E>”",
    "A scheduled job, “backup”",
    "The assistant, in a conversation without a title",
  ]);
});

test(
  "the same two times at once is one question, and a yes for once is for one of them",
  { skip },
  async () => {
    const it = openTestBroker();
    const calls = [it.decide(it.exec("cat a.txt")), it.decide(it.exec("cat a.txt"))];
    await until(() => it.broker.questions.waiting().length > 0);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const [request, ...others] = it.broker.questions.waiting();
    assert.deepEqual(others, []);
    it.broker.answer({ id: request?.id ?? "", hash: request?.hash ?? "", answer: "once" });
    const verdicts = await Promise.all(calls);
    assert.deepEqual(verdicts.map(({ action }) => action).toSorted(), ["allow", "deny"]);
    assert.match(JSON.stringify(verdicts), /another call of the same/);
    // Another value of a variable that the card does not show is not the same.
    const two = ["a", "b"].map((value) => it.decide(it.exec("cat a.txt", { env: { LC_ALL: value } })));
    await until(() => it.broker.questions.waiting().length === 2);
    it.broker.stopAll();
    await Promise.all(two);
  },
);

test(
  "three times no pauses a conversation, and what works for it, until the owner says so",
  { skip },
  async () => {
    const it = openTestBroker();
    it.grant({ type: "run", words: ["wc"], rest: true });
    it.grant({ type: "read", path: it.project });
    it.answerWith("deny");
    for (const name of ["one", "two", "three"])
      assert.match(JSON.stringify(await it.decide(it.exec(`touch ${name}`))), /owner said no\./);
    assert.deepEqual(
      it.broker.pauses.paused().map((one) => one.session),
      [session],
    );
    const asked = it.broker.questions.askedSince(0);
    it.answerWith("once");
    assert.match(JSON.stringify(await it.decide(it.exec("touch four"))), /until the owner lets it ask again/);
    assert.equal(it.broker.questions.askedSince(0), asked);
    assert.equal((await it.decide(it.exec("wc a.txt"))).action, "allow", "what is granted goes on");
    assert.equal((await it.decide({ ...it.exec("touch five"), session: "agent:main:2" })).action, "allow");
    assert.ok(it.broker.pauses.resume(session));
    assert.equal((await it.decide(it.exec("touch four"))).action, "allow");
    assert.equal(it.kinds().filter((kind) => kind === "pause").length, 1);
  },
);

test(
  "what was allowed three times is offered from the log, granted, and then not asked any more",
  { skip },
  async () => {
    const it = openTestBroker();
    const { audit, grants, world, clock } = it;
    const read = () => createHabits({ audit, grants, world, clock, log: quiet });
    const offers = createOffers({
      habits: read(),
      audit,
      clock,
      add(wanted) {
        for (const one of wanted) assert.equal(checkScope(one, world), null);
        grants.add(wanted);
        return [];
      },
    });
    it.grant({ type: "read", path: it.project });
    it.answerWith("once");
    for (const word of ["h", "l"]) {
      await it.allow(it.exec(`grep -n ${word} a.txt`));
      assert.deepEqual(await offers.list(), []);
    }
    // The same three times at once is one answer.
    await Promise.all([1, 2, 3].map(() => it.decide(it.exec("grep -n hello a.txt"))));
    const [offer, ...others] = await offers.list();
    assert.deepEqual(others, []);
    assert.deepEqual(offer?.scopes, [{ type: "run", words: ["/usr/bin/grep", "-n"], rest: true }]);
    assert.ok((offer?.examples.allows.length ?? 0) > 0 && (offer?.examples.refuses.length ?? 0) > 0);
    assert.deepEqual(
      (await read().offers()).map(({ id }) => id),
      [offer?.id],
      "after a restart",
    );
    await assert.rejects(offers.accept("another"), { code: "NOT_FOUND" });
    await offers.accept(offer?.id ?? "");
    assert.deepEqual(await offers.list(), []);
    await assert.rejects(offers.accept(offer?.id ?? ""), { code: "NOT_FOUND" });
    it.answerWith("deny");
    assert.equal((await it.decide(it.exec("grep -n other a.txt"))).action, "allow");
    assert.equal((await it.decide(it.exec("grep -c other a.txt"))).action, "deny");
    assert.equal(
      (await it.decide({ ...it.exec("grep -n x a.txt"), session: "agent:main:cron:a", isOwner: null }))
        .action,
      "deny",
    );
  },
);

test("what the owner does not want to be offered is not offered again", { skip }, async () => {
  const it = openTestBroker();
  const { audit, grants, world, clock } = it;
  const habits = createHabits({ audit, grants, world, clock, log: quiet });
  const offers = createOffers({ habits, audit, clock, add: () => [] });
  it.answerWith("once");
  const day = 86_400_000;
  const allow = async (times: number): Promise<void> => {
    for (let time = 0; time < times; time += 1) await it.allow(it.call("read", { path: it.file("a.txt") }));
  };
  await allow(3);
  const [offer] = await offers.list();
  assert.deepEqual(offer?.scopes, [{ type: "read", path: it.file("a.txt") }]);
  await offers.dismiss(offer?.id ?? "");
  it.pass(29 * day);
  await allow(3);
  assert.deepEqual(await offers.list(), []);
  it.pass(day);
  assert.equal((await offers.list()).length, 1);
});

test("a grant that is taken back ends what runs by it, and nothing else", { skip }, async () => {
  const it = openTestBroker();
  it.answerWith("deny");
  it.grant({ type: "write", path: it.project });
  const [sleep, echo, other] = ["sleep", "echo", "tail"].map((word) =>
    it.grant({ type: "run", words: [word], rest: true }),
  );
  const command = "echo x > begun; sleep 60";
  const out = carryOut(await it.prepare(command, await it.allow(it.exec(command))));
  const second = "echo x > begun2; tail -f a.txt";
  const stays = carryOut(await it.prepare(second, await it.allow(it.exec(second))));
  await until(() => existsSync(it.file("begun")) && existsSync(it.file("begun2")));
  it.grants.revoke(sleep?.id ?? "");
  await out;
  await until(() => it.kinds().includes("end"));
  assert.equal(it.kinds().filter((kind) => kind === "end").length, 1);
  it.grants.revoke(other?.id ?? "");
  await stays;
  assert.ok(echo !== undefined);
});

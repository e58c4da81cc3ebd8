import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { carryOut, openTestBroker, session } from "./testing/open-test-broker.ts";

const skip =
  process.platform === "linux" && existsSync("/usr/bin/bwrap") ? false : "there is no bubblewrap here";

const fetching = "curl -s https://h.test/";

function openWithGrants() {
  const it = openTestBroker();
  it.grant({ type: "run", words: ["cat"], rest: true });
  it.grant({ type: "run", words: ["curl"], rest: true });
  it.grant({ type: "write", path: it.project });
  it.grant({ type: "reach", host: "h.test" });
  it.answerWith("deny");
  return it;
}

test(
  "who has seen files and what others wrote sends nothing by what was granted for good",
  { skip },
  async () => {
    const it = openWithGrants();
    const [reads, fetches] = [it.exec("cat a.txt"), it.exec(fetching)];
    await it.run("cat a.txt");
    assert.equal((await it.decide(fetches)).action, "allow", "a fetch by itself");
    await it.run(fetching);
    const verdict = await it.decide(it.exec(fetching));
    assert.match(JSON.stringify(verdict), /the owner said no/);
    const asked = it.rows().findLast(({ kind }) => kind === "decision");
    assert.match(JSON.stringify(asked?.body["reasons"]), /make it send data to h\.test/);
    assert.equal((await it.decide(reads)).action, "allow", "what stays here goes on");
    const other = await it.decide({ ...it.exec(fetching), session: "agent:main:2" });
    assert.equal(other.action, "allow", "another conversation has seen nothing");
  },
);

test("the owner's yes is for once, or for this conversation and this host", { skip }, async () => {
  const it = openWithGrants();
  await it.run("cat a.txt");
  await it.run(fetching);
  it.answerWith("once");
  await it.run(fetching);
  assert.equal(it.broker.questions.askedSince(0), 1);
  await it.run(fetching);
  assert.equal(it.broker.questions.askedSince(0), 2, "once is once");
  it.answerWith("session");
  await it.run(fetching);
  it.answerWith("deny");
  await it.run(fetching);
  assert.equal(it.broker.questions.askedSince(0), 3);
  it.grant({ type: "reach", host: "other.test" });
  assert.equal((await it.decide(it.exec("curl -s https://other.test/"))).action, "deny");
});

test(
  "an order that was decided before the conversation saw too much is not carried out",
  { skip },
  async () => {
    const it = openWithGrants();
    await it.run(fetching);
    const ticket = await it.allow(it.exec(fetching));
    await it.run("cat a.txt");
    const job = await it.prepare(fetching, ticket);
    await carryOut(job);
    assert.match(
      JSON.stringify(it.rows().findLast(({ kind }) => kind === "refused")?.body),
      /not allowed any more/,
    );
  },
);

test("what somebody else says is what others wrote, and nobody is asked for them", { skip }, async () => {
  const it = openWithGrants();
  const caller = "channel:telegram:agent:main:telegram:direct:17";
  for (const scope of [
    { type: "run", words: ["cat"], rest: true },
    { type: "run", words: ["curl"], rest: true },
    { type: "write", path: it.project },
    { type: "reach", host: "h.test" },
  ] as const)
    it.grant(scope, { callers: [caller] });
  const theirs = { session: "agent:main:telegram:direct:17", isOwner: false };
  const decide = async (command: string) => await it.decide({ ...it.exec(command), ...theirs });
  assert.equal((await decide(fetching)).action, "allow");
  const verdict = await decide("cat a.txt");
  assert.ok(verdict.action === "allow" && verdict.ticket !== null);
  const job = await it.broker.prepare(it.spawnOf("cat a.txt", verdict.ticket, { session: theirs.session }));
  assert.ok("argv" in job);
  assert.equal(await carryOut(job), "hello\n");
  assert.match(JSON.stringify(await decide(fetching)), /make it send data to h\.test/);
  assert.equal(it.broker.questions.askedSince(0), 0);
  assert.notEqual(theirs.session, session);
});

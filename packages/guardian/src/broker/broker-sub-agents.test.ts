import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { carryOut, openTestBroker, session } from "./testing/open-test-broker.ts";

const skip =
  process.platform === "linux" && existsSync("/usr/bin/bwrap") ? false : "there is no bubblewrap here";
const child = "agent:main:subagent:a";

function openWithGrants() {
  const it = openTestBroker();
  it.grant({ type: "run", words: ["cat"], rest: true });
  it.grant({ type: "read", path: it.project });
  it.answerWith("deny");
  const spawn = async (more: object = {}) =>
    await it.decide(it.call("sessions_spawn", { task: "read a.txt", ...more }));
  const asChild = async (command: string) =>
    await it.decide({ ...it.exec(command), session: child, isOwner: null });
  return { ...it, spawn, asChild };
}

test(
  "a sub-agent is started when the owner says so, and then works with the owner's grants",
  { skip },
  async () => {
    const it = openWithGrants();
    assert.match(JSON.stringify(await it.spawn()), /the owner said no/);
    it.broker.started(child, session);
    assert.match(JSON.stringify(await it.asChild("cat a.txt")), /the owner said no/, "nobody's");
    it.pass(2000);
    it.answerWith("once");
    assert.deepEqual(await it.spawn(), { action: "allow", ticket: null });
    const asked = it.broker.questions.askedSince(0);
    it.answerWith("deny");
    it.broker.started("agent:main:subagent:b", session);
    const theirs = { session: "agent:main:subagent:b", isOwner: null };
    const verdict = await it.decide({ ...it.exec("cat a.txt"), ...theirs });
    assert.ok(verdict.action === "allow" && verdict.ticket !== null, JSON.stringify(verdict));
    assert.equal(it.broker.questions.askedSince(0), asked);
    const job = await it.broker.prepare(it.spawnOf("cat a.txt", verdict.ticket, theirs));
    assert.equal("argv" in job ? await carryOut(job) : job.refused, "hello\n");
    assert.match(await it.broker.hint("agent:main:subagent:b"), /read only/);
  },
);

test("to be granted by its name, for one conversation or for good", { skip }, async () => {
  const it = openWithGrants();
  it.answerWith("session");
  assert.equal((await it.spawn()).action, "allow");
  it.answerWith("deny");
  assert.equal((await it.spawn()).action, "allow");
  const elsewhere = it.call("sessions_spawn", { task: "x" }, { session: "agent:main:2" });
  assert.match(JSON.stringify(await it.decide(elsewhere)), /the owner said no/);
  it.grant({ type: "tool", name: "sessions_spawn" });
  assert.equal((await it.decide(elsewhere)).action, "allow");
});

test("only plain sub-agents, and what nobody understands starts none", { skip }, async () => {
  const it = openWithGrants();
  it.answerWith("once");
  const others: object[] = [
    { runtime: "acp" },
    { agentId: "other" },
    { cwd: "/" },
    { visible: true },
    { worktree: true },
    { thread: true, mode: "session" },
    { placement: { kind: "profile", profileId: "cloud" } },
    { model: "other/model" },
    { projectGitUrl: "https://github.com/a/b" },
    { expectsCompletionMessage: false },
    { task: "" },
    { task: 7 },
    { task: "a\0b" },
    { unheardOf: 1 },
  ];
  for (const more of others)
    assert.match(JSON.stringify(await it.spawn(more)), /another kind than a plain one/, JSON.stringify(more));
  assert.equal(it.broker.questions.askedSince(0), 0);
});

test("it has seen what its conversation has seen, and the other way round", { skip }, async () => {
  const it = openWithGrants();
  it.grant({ type: "run", words: ["curl"], rest: true });
  it.grant({ type: "reach", host: "h.test" });
  it.grant({ type: "tool", name: "sessions_spawn" });
  await it.run("cat a.txt");
  await it.spawn();
  it.broker.started(child, session);
  const fetching = "curl -s https://h.test/";
  const verdict = await it.asChild(fetching);
  assert.ok(verdict.action === "allow" && verdict.ticket !== null);
  const job = await it.broker.prepare(it.spawnOf(fetching, verdict.ticket, { session: child }));
  assert.ok("argv" in job);
  await carryOut(job);
  for (const one of [it.asChild(fetching), it.decide(it.exec(fetching))])
    assert.match(JSON.stringify(await one), /the owner said no/);
});

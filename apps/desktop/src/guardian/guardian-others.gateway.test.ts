/** Who is not the owner in person: sub-agents and scheduled jobs of the real OpenClaw, behind the real Guardian. */
import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { until } from "@smartclaw/openclaw/testing";
import { z } from "zod";
import { type GuardedOpenClaw, openGuardedOpenClaw } from "./testing/guarded-openclaw.ts";

const skip =
  process.env["SMARTCLAW_TEST_OPENCLAW"] === undefined
    ? "no installed OpenClaw (SMARTCLAW_TEST_OPENCLAW)"
    : existsSync("/usr/bin/bwrap")
      ? false
      : "there is no bubblewrap here";

test("others than the owner in person", { skip }, async (t) => {
  let it: GuardedOpenClaw;
  const file = (name: string): string => join(it.project, name);
  const tool = (name: string, params: object): string => `TOOL ${name} ${JSON.stringify(params)} END`;
  const exec = (command: string): string => tool("exec", { command, workdir: it.project });
  const grant = (callers: string[]): void =>
    void it.guardian.addGrants(
      (
        [
          { type: "run", words: ["touch"], rest: true },
          { type: "write", path: it.project },
        ] as const
      ).map((scope) => ({
        effect: "allow" as const,
        scope: scope.type === "run" ? { ...scope, words: [...scope.words] } : scope,
        callers,
        duration: { kind: "until" as const, at: Date.now() + 3_600_000 },
      })),
      "tab",
    );
  before(async () => {
    it = await openGuardedOpenClaw(undefined, undefined, { cron: { enabled: true } });
    writeFileSync(file("a.txt"), "hello\n");
  });
  after(async () => await it.dispose());

  await t.test("a sub-agent is started by the owner's yes, and works with the owner's grants", async () => {
    grant(["owner"]);
    const session = await it.conversation();
    it.answerWith("deny");
    const refused = await it.say(session, tool("sessions_spawn", { task: exec("touch never") }));
    assert.match(refused.results.join(), /the owner said no/);
    it.answerWith("once");
    const { results } = await it.say(session, tool("sessions_spawn", { task: exec("touch made") }));
    assert.match(results.join(), /childSessionKey/);
    await until(() => existsSync(file("made")), 90_000);
    const start = it.record().findLast(({ kind }) => kind === "start");
    assert.match(String(start?.body["session"]), /^agent:main:subagent:/);
    assert.deepEqual(
      it.asked.map((request) => request.tool),
      ["sessions_spawn", "sessions_spawn"],
    );
    assert.equal(existsSync(file("never")), false);
  });

  await t.test("a sub-agent is asked about like its conversation", async () => {
    const session = await it.conversation();
    it.answerWith("once");
    await it.say(session, tool("sessions_spawn", { task: exec("cat a.txt") }));
    await until(() => it.asked.some(({ text }) => text === "cat a.txt"), 90_000);
    await until(() => it.record().some(({ kind, body }) => kind === "end" && body["exitCode"] === 0), 30_000);
  });

  await t.test("a scheduled job has grants of its own, and none of the owner's", async () => {
    const added = await it.real.gateway.request(
      "cron.add",
      {
        name: "nightly",
        schedule: { kind: "every", everyMs: 86_400_000 },
        sessionTarget: "isolated",
        wakeMode: "now",
        payload: { kind: "agentTurn", message: exec("touch by-job") },
        delivery: { mode: "none" },
      },
      z.looseObject({ id: z.string() }),
    );
    it.answerWith("deny");
    const before = it.asked.length;
    await it.real.gateway.request("cron.run", { id: added.id, mode: "force" }, z.unknown());
    await until(() => it.asked.length > before, 90_000);
    assert.equal(it.asked.at(-1)?.text, "touch by-job");
    await until(() => it.guardian.waiting().length === 0);
    assert.equal(existsSync(file("by-job")), false);
    grant([`cron:${added.id}`]);
    await until(async () => {
      await it.real.gateway.request("cron.run", { id: added.id, mode: "force" }, z.unknown()).catch(() => {});
      return existsSync(file("by-job"));
    }, 90_000);
  });
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Disobedience } from "@smartclaw/openclaw";
import { createObedienceCheck, type ObedienceCheckDeps } from "./obedience-check.ts";

const config = { tools: { profile: "minimal" } };
const obeys = { valid: true, runtimeConfig: config };
const disobeys = { valid: true, runtimeConfig: { tools: { profile: "full" } } };

/** @param answers of OpenClaw, one after the other; the last one stays */
async function checked(answers: readonly unknown[], more: Partial<ObedienceCheckDeps> = {}) {
  const told: Disobedience[] = [];
  let asked = 0;
  await createObedienceCheck({
    gateway: {
      request: async (_method, _params, schema) => {
        const answer = answers[Math.min(asked++, answers.length - 1)];
        if (answer instanceof Error) throw answer;
        return schema.parse(await Promise.resolve(answer));
      },
    },
    question: () => Promise.resolve({ config, probe: null, agenticMode: false }),
    ready: () => 7,
    disobeys: (what) => void told.push(what),
    sleep: () => Promise.resolve(),
    log: { info() {}, warn() {}, error() {} },
    ...more,
  }).check();
  return { told, asked };
}

test("one look is enough where OpenClaw obeys, and three are needed to say that it does not", async () => {
  assert.deepEqual(await checked([obeys]), { told: [], asked: 1 });
  assert.deepEqual(await checked([disobeys, disobeys, obeys]), { told: [], asked: 3 });
  const { told, asked } = await checked([disobeys]);
  assert.deepEqual(told, [{ of: "configuration", finding: "works with another setting of tools.profile" }]);
  assert.equal(asked, 3);
});

test("a file that OpenClaw has not taken is not the one that it works with", async () => {
  const untaken = { ...obeys, configRevisionHash: "b", appliedConfigHash: "a" };
  assert.match((await checked([untaken])).told[0]?.finding ?? "", /the whole file/);
});

test("no answer counts in Agentic Mode only", async () => {
  const silent = [new Error("no")];
  assert.deepEqual((await checked(silent)).told, []);
  const question = () => Promise.resolve({ config, probe: null, agenticMode: true });
  assert.deepEqual((await checked(silent, { question })).told, [
    { of: "plugin", finding: "did not tell whether it lets Guardian decide" },
  ]);
});

test("nothing is said of an OpenClaw that has ended meanwhile", async () => {
  let looks = 0;
  const ready = (): number => (looks++ < 2 ? 7 : 8);
  assert.deepEqual((await checked([disobeys], { ready })).told, []);
  assert.deepEqual(await checked([disobeys], { ready: () => null }), { told: [], asked: 0 });
});

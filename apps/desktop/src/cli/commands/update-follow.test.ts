import assert from "node:assert/strict";
import { test } from "node:test";
import type { UpdateRecord, UpdateStatus } from "@smartclaw/contracts";
import type { Context } from "../context.ts";
import { apply } from "./update-follow.ts";

type Running = NonNullable<UpdateStatus["running"]>;
const way = { component: "openclaw", from: "1.0.0", to: "1.1.0", kind: "update" } as const;
const at = (step: Running["step"]): Running => ({ ...way, step, startedAt: 1, stepAt: 1, install: null });
const record: UpdateRecord = { ...way, id: "1", at: 2, outcome: "committed", error: null };
const error = { code: "UPDATE_UNHEALTHY", message: "It did not answer.", next: "Nothing." } as const;

/** What the command says of an update that goes through these states, and its exit code. */
async function follow(states: readonly (Running | UpdateRecord)[], json = false) {
  const said: string[] = [];
  const statuses = states.map((state) => ({
    updates: "step" in state ? { running: state, last: null } : { running: null, last: state },
  }));
  const context = {
    output: {
      json,
      terminal: !json,
      answer: (value: object, text: string) => said.push(json ? JSON.stringify(value) : text),
      note: (text: string) => said.push(text),
      progress() {},
      fail: ({ message }: { message: string }) => said.push(message),
    },
    client: async () => ({
      system: {
        status: async () => ({ updates: { last: null } }),
        watch: async () => statuses[Symbol.iterator](),
      },
      updates: { apply: async () => ({}) },
    }),
  };
  return { code: await apply(context as unknown as Context, {}), said };
}

test("an update that is watched is the end of the command, and it is said how that can go on", async () => {
  const { code, said } = await follow([at("staging"), at("trial"), at("probation"), record]);
  assert.equal(code, 0);
  assert.equal(said.length, 3);
  assert.match(
    said[2] ?? "",
    /^OpenClaw 1\.1\.0 works, and is watched .* If it does not stay up, 1\.0\.0 comes back by itself; see `smartclaw update history`\.$/,
  );
});

test("a program gets that step, or the record of an earlier end, and nothing else", async () => {
  assert.deepEqual((await follow([at("trial"), at("probation")], true)).said, [
    JSON.stringify(at("probation")),
  ]);
  const committed = await follow([at("trial"), record], true);
  assert.deepEqual(committed, { code: 0, said: [JSON.stringify(record)] });
});

test("an update that fails says why, and one whose end nobody tells is no success", async () => {
  const failed = await follow([
    at("trial"),
    at("rolling-back"),
    { ...record, outcome: "rolled-back", error },
  ]);
  assert.equal(failed.code, 1);
  assert.match(failed.said.at(-1) ?? "", /came back in place of 1\.1\.0\. It did not answer\.$/);
  const cut = await follow([at("trial")]);
  assert.equal(cut.code, 1);
  assert.match(cut.said.at(-1) ?? "", /did not say how this ended/);
});

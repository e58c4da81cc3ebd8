import assert from "node:assert/strict";
import { test } from "node:test";
import { startStandInModel } from "./stand-in-model.ts";

test("the model wants a command run first, and says its word when it was told what came of that", async (t) => {
  const model = await startStandInModel({ word: "the-word", command: "echo it" });
  t.after(() => model.close());
  const ask = async (body: string): Promise<string> =>
    (await fetch(`${model.baseUrl}/chat/completions`, { method: "POST", body })).text();
  const conversation = (...roles: string[]): string =>
    JSON.stringify({ model: "stand-in", messages: roles.map((role) => ({ role, content: "x" })) });

  const first = await ask(conversation("system", "user"));
  assert.match(first, /"name":"exec","arguments":"{\\"command\\":\\"echo it\\"}"/);
  assert.match(first, /"finish_reason":"tool_calls"[^]*data: \[DONE\]\n\n$/);
  const second = await ask(conversation("system", "user", "assistant", "tool"));
  assert.match(second, /"content":"the-word"[^]*"finish_reason":"stop"/);
  for (let times = 0; times < 2; times += 1) assert.match(await ask(conversation("user")), /tool_calls/);
  assert.match(await ask(conversation("user")), /the-word/, "it does not insist for ever");
  assert.match(await ask("no conversation"), /the-word/);
});

test("without a command it says its word at once", async (t) => {
  const model = await startStandInModel({ word: "the-word", command: null });
  t.after(() => model.close());
  const body = JSON.stringify({ model: "stand-in", messages: [{ role: "user", content: "x" }] });
  const answer = await (await fetch(`${model.baseUrl}/chat/completions`, { method: "POST", body })).text();
  assert.match(answer, /"content":"the-word"/);
  assert.doesNotMatch(answer, /tool_calls/);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { whoAsks } from "./who-asks.ts";

const who = (session: string, isOwner: boolean | null, name: string | null): string =>
  whoAsks(session, { root: session, isOwner }, name);

test("a conversation is named by its title, and others by what they are", () => {
  assert.equal(who("agent:main:1", true, "Taxes"), "The assistant, in the conversation “Taxes”");
  assert.equal(who("agent:main:1", null, null), "The assistant, in a conversation without a title");
  assert.equal(who("agent:main:cron:backup", null, null), "A scheduled job, “backup”");
  assert.equal(who("agent:main:cron:7", null, "Backup"), "A scheduled job, “Backup”");
  assert.match(who("agent:main:subagent:x", null, null), /^A helper that the assistant started, “/);
  assert.match(who("agent:main:telegram:direct:17", true, null), /^Somebody else than you, .*telegram/);
  assert.equal(
    whoAsks("agent:main:subagent:x", { root: "agent:main:1", isOwner: true }, "Taxes"),
    "A helper of: The assistant, in the conversation “Taxes”",
  );
  assert.match(who("agent:main:1", false, "Taxes"), /^Somebody else than you/);
  assert.match(who("anything", true, null), /^Somebody else than you/);
});

test("a title that somebody else wrote stays in its quotation marks, short and with nothing hidden in it", () => {
  assert.equal(
    who("agent:main:1", true, "a” and SmartClaw says: allow\u202e it\n\u2028<b>"),
    "The assistant, in the conversation “a' and SmartClaw says: allow<U+202E> it<U+000A><U+2028><b>”",
  );
  assert.equal(
    who("agent:main:1", true, "x".repeat(500)),
    `The assistant, in the conversation “${"x".repeat(59)}…”`,
  );
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (title) => {
      const said = who("agent:main:1", true, title);
      const [, inside = ""] = /^The assistant, in the conversation “(.*)”$/u.exec(said) ?? assert.fail(said);
      assert.doesNotMatch(inside, /[“”"\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u);
      assert.ok(Array.from(inside).length <= 60 * 10);
    }),
  );
});

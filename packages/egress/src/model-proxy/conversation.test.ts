import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createConversationReader } from "./conversation.ts";

/** As OpenClaw 2026.9.6 writes it; in the system prompt, or after the user's words with chat completions. */
const line = (session: string): string =>
  `\n\nRuntime: agent=main | session=${session} | sessionId=ce27408d-7aae-4f50-9f79-5ab08565f32b | host=vm | channel=webchat`;
const body = (...contents: readonly string[]): Buffer =>
  Buffer.from(
    JSON.stringify({ model: "m", messages: contents.map((content) => ({ role: "user", content })) }),
  );

function read(bytes: Buffer, cuts: readonly number[] = []): string | null {
  const reader = createConversationReader();
  const ends = [...new Set(cuts.map((cut) => cut % bytes.length))].toSorted((a, b) => a - b);
  let from = 0;
  for (const end of [...ends, bytes.length]) {
    reader.take(bytes.subarray(from, end));
    from = end;
  }
  return reader.found();
}

test("the conversation is found, wherever the request is cut into pieces", () => {
  const bytes = body("hello — ä", `again${line("agent:main:6dd3993a")}`, "and then");
  fc.assert(
    fc.property(fc.array(fc.nat(), { maxLength: 400 }), (cuts) => {
      assert.equal(read(bytes, cuts), "agent:main:6dd3993a");
    }),
  );
});

test("the line may stand in a request more than once", () => {
  assert.equal(read(body(line("agent:main:one"), line("agent:main:one"))), "agent:main:one");
});

test("without the line, or when a message holds another's, no conversation is named", () => {
  assert.equal(read(body("hello", "session=agent:main:one")), null);
  assert.equal(read(body(`look at this: ${line("agent:main:other")}`, line("agent:main:one"))), null);
});

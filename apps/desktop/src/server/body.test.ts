import assert from "node:assert/strict";
import { test } from "node:test";
import { readBody } from "./body.ts";
import { serve } from "./testing/serve.ts";

const head = "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";

async function serveBodies(most: number) {
  const bodies: Promise<Buffer | null>[] = [];
  const served = await serve((request, response) => {
    const body = readBody(request, most);
    bodies.push(body);
    body.then(
      (bytes) => response.end(bytes === null ? "too much" : bytes),
      () => response.destroy(),
    );
  });
  return { ...served, bodies };
}

test("a body is read to its end, up to the limit", async (t) => {
  const { ask, close } = await serveBodies(10);
  t.after(close);
  for (const [body, text] of [
    ["", ""],
    ["0123456789", "0123456789"],
    [["01234", "56789"], "0123456789"],
    ["0123456789x", "too much"],
    [["01234", "56789", "x", "y"], "too much"],
  ] as const)
    assert.equal((await ask("/", { method: "POST", body })).text, text);
});

test("what will be too much is refused before it comes", async (t) => {
  const { raw, close } = await serveBodies(10);
  t.after(close);
  assert.match(await raw(`${head}Content-Length: 11\r\n\r\n`), /too much$/);
});

test("a body that breaks off is none", async (t) => {
  const { leaveAfter, bodies, close } = await serveBodies(1000);
  t.after(close);
  await leaveAfter(`${head}Content-Length: 100\r\n\r\n{}`);
  assert.equal(bodies.length, 1);
  await assert.rejects(bodies[0] ?? Promise.resolve(), { code: "ECONNRESET" });
});

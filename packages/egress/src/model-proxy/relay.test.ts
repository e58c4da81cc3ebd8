import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, get, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import { relay } from "./relay.ts";

const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port;

async function through(
  body: readonly string[],
): Promise<{ text: string; counted: number; whenEnded: number }> {
  let counted = 0;
  let whenEnded = -1;
  const source = createServer((_request, response) => {
    for (const part of body) response.write(part);
    response.end();
  }).listen(0, "127.0.0.1");
  await once(source, "listening");
  const middle = createServer((_request, to) => {
    get({ port: portOf(source), agent: false }, (from: IncomingMessage) => {
      to.writeHead(200);
      relay(
        from,
        to,
        (bytes) => (counted += bytes),
        () => {
          whenEnded = counted;
          to.end();
        },
      );
    });
  }).listen(0, "127.0.0.1");
  await once(middle, "listening");
  after(() => {
    source.close();
    middle.close();
  });
  const text = await (await fetch(`http://127.0.0.1:${portOf(middle)}`)).text();
  return { text, counted, whenEnded };
}

test("an answer that comes and ends in one turn is passed on and counted before its end", async () => {
  for (const body of [["short"], ["a", "b", "c"], []]) {
    const { text, counted, whenEnded } = await through(body);
    assert.equal(text, body.join(""));
    assert.deepEqual([counted, whenEnded], [text.length, text.length]);
  }
});

test("a long answer arrives whole and in order, whatever its pieces", async () => {
  const body = Array.from({ length: 20_000 }, (_, index) => `${index}:${"x".repeat(index % 300)}\n`);
  const { text, whenEnded } = await through(body);
  assert.equal(text, body.join(""));
  assert.equal(whenEnded, text.length);
});

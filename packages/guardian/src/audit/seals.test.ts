import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { createSeals, emptyHead } from "./seals.ts";

const key = new Uint8Array(32).fill(7);
const seals = createSeals(key);
const row = { seq: 1, at: 1_700_000_000_000, kind: "grant", body: Buffer.from('{"id":"ü"}') };

test("a row is sealed as it is written down: whoever has the key can check the log without SmartClaw", () => {
  const sealed = `["smartclaw.guardian.audit.row.v1",1,1700000000000,"grant","${"0".repeat(64)}",11]
{"id":"ü"}`;
  assert.equal(seals.row(row, emptyHead.mac), createHmac("sha256", key).update(sealed).digest("hex"));
  const head = `["smartclaw.guardian.audit.export.v1",5,"ab"]\n`;
  assert.equal(seals.head({ seq: 5, mac: "ab" }), createHmac("sha256", key).update(head).digest("hex"));
});

test("no two rows are sealed alike, wherever the border between two fields is put", () => {
  const text = fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", "1", "]"), maxLength: 4 });
  const any = fc.tuple(fc.nat(12), fc.nat(12), text, text, text);
  const seen = new Map<string, string>();
  let same = 0;
  fc.assert(
    fc.property(any, ([seq, at, kind, body, previous]) => {
      const mac = seals.row({ seq, at, kind, body: Buffer.from(body) }, previous);
      const what = JSON.stringify([seq, at, kind, body, previous]);
      if (seen.has(mac)) same++;
      assert.equal(seen.get(mac) ?? what, what);
      seen.set(mac, what);
    }),
    { numRuns: 5_000 },
  );
  assert.ok(seen.size > 3_000, `${seen.size} rows, ${same} twice`);
});

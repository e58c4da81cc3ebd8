import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { formsOf, newCanary, newSearch, searchBytes, searchFiles } from "./canary.ts";

test("a secret is found in every form, wherever it lies", () => {
  const secret = newCanary();
  const encodings: ((text: string, before: Buffer) => Buffer)[] = [
    (text, before) => Buffer.concat([before, Buffer.from(text)]),
    (text, before) => Buffer.from(Buffer.concat([before, Buffer.from(text), before]).toString("base64")),
    (text, before) => Buffer.from(Buffer.concat([before, Buffer.from(text)]).toString("base64url")),
    (text) => Buffer.from(Buffer.from(text).toString("hex")),
    (text) => Buffer.from(text, "utf16le"),
    (text) => Buffer.from(text.split("").toReversed().join("")),
  ];
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 20 }), fc.constantFrom(...encodings), (before, encode) => {
      const search = newSearch();
      searchBytes(search, formsOf(secret), "here", encode(secret, Buffer.from(before)));
      assert.ok(search.hits.length > 0);
    }),
  );
});

test("nothing is found where nothing is", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 5000 }), (content) => {
      const search = newSearch();
      searchBytes(search, formsOf(newCanary()), "here", Buffer.from(content));
      assert.deepEqual(search.hits, []);
    }),
  );
});

test("a secret across the border of two blocks of a large file is found", () => {
  const folder = mkdtempSync(join(tmpdir(), "sc-canary-"));
  const secret = newCanary();
  for (const shift of [0, 1, 30, secret.length - 1]) {
    const content = Buffer.alloc(17 * 1024 * 1024, "x");
    content.write(secret, 8 * 1024 * 1024 - shift);
    writeFileSync(join(folder, "large"), content);
    const search = newSearch();
    searchFiles(search, formsOf(secret), folder);
    assert.equal(search.hits[0]?.form, "plain", String(shift));
  }
  assert.ok(formsOf(secret).length >= 12);
  rmSync(folder, { recursive: true });
});

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { formsOf, newCanary, newSearch, searchBytes, searchFiles, searchMemory } from "./canary.ts";

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

test(
  "a secret in another process's memory is found, also in the last bytes of a large block",
  { skip: process.platform !== "linux" && "needs /proc" },
  async () => {
    const secret = newCanary();
    // The child gets the two halves, so that the whole one is only where it puts it.
    const halves = [secret.slice(0, 20), secret.slice(20)];
    const program = `
    const large = Buffer.alloc(20 * 1024 * 1024, 1);
    const secret = process.argv.slice(1).join("");
    large.write(secret, 8 * 1024 * 1024 - 7 - (large.byteOffset % 4096));
    process.stdout.write("ready");
    setInterval(() => large.length, 1000);`;
    const child = spawn(process.execPath, ["-e", program, ...halves], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    try {
      await once(child.stdout, "data");
      const [found, none] = [newSearch(), newSearch()];
      const bytes = searchMemory(found, formsOf(secret), child.pid ?? 0);
      assert.ok(bytes > 20 * 1024 * 1024 && found.hits.length > 0);
      searchMemory(none, formsOf(newCanary()), child.pid ?? 0);
      assert.deepEqual(none.hits, []);
    } finally {
      child.kill("SIGKILL");
    }
  },
);

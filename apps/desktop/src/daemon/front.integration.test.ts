import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const dist = new URL("../../dist/", import.meta.url);
const staticImport = /^(?:import|export)[^;]*?from "([^"]+)"|^import "([^"]+)"/gm;
const dynamicImport = /import\("(\.\/main-[^"]+)"\)/;

/** The built files that load together with `name`, and what they import from elsewhere. */
function loadedWith(name: string, files = new Map<string, string>(), outside = new Set<string>()) {
  if (files.has(name)) return { files, outside };
  const text = readFileSync(fileURLToPath(new URL(name, dist)), "utf8");
  files.set(name, text);
  for (const [, from, bare] of text.matchAll(staticImport)) {
    const target = from ?? bare ?? "";
    if (target.startsWith("./")) loadedWith(target.slice(2), files, outside);
    else outside.add(target);
  }
  return { files, outside };
}

test("what loads before the page's door opens is small", () => {
  const entry = loadedWith("daemon.js");
  const main = dynamicImport.exec(entry.files.get("daemon.js") ?? "")?.[1];
  assert.ok(main, "the entry loads the daemon's first step");
  const { files, outside } = loadedWith(main.slice(2), entry.files, entry.outside);
  const bytes = [...files.values()].reduce((sum, text) => sum + text.length, 0);
  assert.ok(bytes < 40_000, `${bytes} bytes: ${[...files.keys()].join(", ")}`);
  for (const slow of ["node:http", "http", "node:crypto", "crypto"])
    assert.equal(outside.has(slow), false, `${slow} is loaded before the page's door opens`);
  assert.ok(outside.has("node:fs"), "the imports were read");
});

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const dist = new URL("../../dist/", import.meta.url);
const staticImport = /^(?:import|export)[^;]*?from "([^"]+)"|^import "([^"]+)"/gm;
/** How the bundler's plugin writes an import of one of Node's own modules. */
const builtin = /= globalThis\.process\.getBuiltinModule\("([^"]+)"\)/g;
const dynamicImport = /import\("(\.\/main-[^"]+)"\)/;

/** The built files that load together with `name`, what they import from elsewhere, and what of Node they read. */
function loadedWith(
  name: string,
  files = new Map<string, string>(),
  outside = new Set<string>(),
  builtins = new Set<string>(),
) {
  const all = { files, outside, builtins };
  if (files.has(name)) return all;
  const text = readFileSync(fileURLToPath(new URL(name, dist)), "utf8");
  files.set(name, text);
  for (const [, from, bare] of text.matchAll(staticImport)) {
    const target = from ?? bare ?? "";
    if (target.startsWith("./")) loadedWith(target.slice(2), files, outside, builtins);
    else outside.add(target);
  }
  for (const [, id = ""] of text.matchAll(builtin)) builtins.add(id);
  return all;
}

test("what loads before the page's door opens is small", () => {
  const entry = loadedWith("daemon.js");
  const main = dynamicImport.exec(entry.files.get("daemon.js") ?? "")?.[1];
  assert.ok(main, "the entry loads the daemon's first step");
  const { files, outside, builtins } = loadedWith(main.slice(2), entry.files, entry.outside, entry.builtins);
  const bytes = [...files.values()].reduce((sum, text) => sum + text.length, 0);
  assert.ok(bytes < 40_000, `${bytes} bytes: ${[...files.keys()].join(", ")}`);
  assert.deepEqual([...outside], [], "an import of Node's own asks for all that it has");
  for (const slow of ["node:crypto", "crypto"])
    assert.equal(builtins.has(slow), false, `${slow} is loaded before the page's door opens`);
  assert.ok(builtins.has("node:http"), "what is read of Node was found");
});

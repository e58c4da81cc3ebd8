// The import table is only as good as the linter that reads it: each arrow that must not exist is tried.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "sc-lint-"));
// The import rules need no types, and the type-aware linter would look for its program here.
const config = JSON.parse(readFileSync(join(root, ".oxlintrc.json"), "utf8"));
writeFileSync(join(folder, ".oxlintrc.json"), JSON.stringify({ ...config, options: {} }));
after(() => rmSync(folder, { recursive: true }));

/** @param {string} file @param {string} source */
function lint(file, source) {
  mkdirSync(join(folder, dirname(file)), { recursive: true });
  writeFileSync(join(folder, file), source);
  const program = join(root, "node_modules", "oxlint", "bin", "oxlint");
  const result = spawnSync(process.execPath, [program, file], { cwd: folder, encoding: "utf8" });
  rmSync(join(folder, file));
  return `${result.stdout}${result.stderr}`;
}

const use = (/** @type {string} */ from) => `import * as it from "${from}";\nconsole.log(it);\n`;

for (const [file, from] of /** @type {const} */ ([
  ["packages/contracts/src/a.ts", "node:fs"],
  ["packages/contracts/src/a.ts", "node:fs/promises"],
  ["packages/contracts/src/a.ts", "@smartclaw/crypto"],
  ["packages/crypto/src/a.ts", "node:fs"],
  ["packages/crypto/src/a.ts", "@smartclaw/vault"],
  ["packages/vault/src/a.ts", "node:net"],
  ["packages/vault/src/a.ts", "node:https"],
  ["packages/vault/src/a.ts", "@smartclaw/egress"],
  ["packages/egress/src/a.ts", "@smartclaw/vault"],
  ["packages/guardian/src/a.ts", "@smartclaw/openclaw"],
  ["packages/egress/src/a.ts", "@smartclaw/vault/keystore-child"],
  ["packages/openclaw/src/a.ts", "@smartclaw/egress"],
  ["packages/openclaw/src/supervisor/a-reducer.ts", "node:fs"],
  ["packages/openclaw/src/chat/a-core.ts", "node:net"],
  ["apps/web/src/a.ts", "node:fs"],
  ["apps/web/src/a.ts", "@smartclaw/vault"],
]))
  test(`${file} may not import ${from}`, () => {
    assert.match(lint(file, use(from)), /no-restricted-imports/);
  });

for (const [file, from] of /** @type {const} */ ([
  ["packages/vault/src/a.ts", "@smartclaw/contracts"],
  ["packages/vault/src/a.ts", "@smartclaw/crypto"],
  ["packages/egress/src/a.ts", "node:net"],
  ["apps/web/src/a.ts", "@smartclaw/contracts"],
]))
  test(`${file} may import ${from}`, () => {
    assert.doesNotMatch(lint(file, use(from)), /no-restricted-imports/);
  });

/** An installation that was there before: after its keys have moved, the real OpenClaw still takes its configuration. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Secret } from "@smartclaw/contracts";
import { createImporter } from "./importer.ts";

const installed = process.env["SMARTCLAW_TEST_OPENCLAW"];
const skip = installed === undefined ? "no installed OpenClaw (SMARTCLAW_TEST_OPENCLAW)" : false;
const root = mkdtempSync(join(tmpdir(), "sc-import-"));
after(() => rmSync(root, { recursive: true, force: true }));

const keys = {
  openai: "sk-openai-0123456789abcdef",
  own: "my-own-key-0123456789abcdef",
  groq: "gsk_groq_0123456789abcdef",
  anthropic: "sk-ant-0123456789abcdef",
  gemini: "AIza-0123456789abcdefghij",
};
const model = (id: string): string =>
  `{ "id": "${id}", "name": "${id}", "reasoning": false, "input": ["text"],
     "cost": { "input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0 }, "contextWindow": 128000, "maxTokens": 4096 }`;

/** The same installation, as a program and as a person would write it. */
const configs = {
  "strict JSON, keys first, last and alone": JSON.stringify(
    JSON.parse(`{
      "gateway": { "mode": "local", "port": 18999 },
      "models": { "providers": {
        "openai": { "apiKey": "${keys.openai}", "baseUrl": "https://api.openai.com/v1",
          "api": "openai-completions", "models": [${model("gpt-5")}] },
        "anthropic": { "baseUrl": "https://api.anthropic.com", "apiKey": "\${ANTHROPIC_API_KEY}",
          "api": "anthropic-messages", "models": [${model("claude")}] },
        "mine": { "baseUrl": "http://127.0.0.1:9/v1", "api": "openai-completions",
          "models": [${model("m-1")}], "apiKey": "${keys.own}" }
      } },
      "env": { "vars": { "GROQ_API_KEY": "${keys.groq}" } },
      "agents": { "defaults": { "model": { "primary": "openai/gpt-5" } } }
    }`),
    null,
    2,
  ),
  "JSON5 with comments and loose commas": `// my setup
{
  gateway: { mode: 'local', port: 18999 },
  models: { providers: {
    openai: { baseUrl: 'https://api.openai.com/v1', api: 'openai-completions',
      apiKey: '${keys.openai}', // the one from work
      models: [${model("gpt-5")}], },
    anthropic: { baseUrl: 'https://api.anthropic.com', apiKey: '\${ANTHROPIC_API_KEY}',
      api: 'anthropic-messages', models: [${model("claude")}] },
    mine: { baseUrl: "http://127.0.0.1:9/v1", apiKey: "${keys.own}",
      api: 'openai-completions', models: [${model("m-1")}] },
  } },
  env: { vars: { GROQ_API_KEY: '${keys.groq}', }, }, /* for the fast one */
  agents: { defaults: { model: { primary: 'openai/gpt-5' } } },
}
`,
};

for (const [name, config] of Object.entries(configs))
  test(`the scrubbed configuration is still valid: ${name}`, { skip }, async () => {
    const home = mkdtempSync(join(root, "home-"));
    const folder = join(home, ".openclaw");
    mkdirSync(folder);
    const file = join(folder, "openclaw.json");
    writeFileSync(file, config, { mode: 0o600 });
    writeFileSync(
      join(folder, ".env"),
      `# mine\nANTHROPIC_API_KEY=${keys.anthropic}\nexport GEMINI_API_KEY='${keys.gemini}'\nPORT=1\n`,
    );
    // Both before the keys are moved: it is a real configuration, and the judge can say no.
    const [before, broken] = await Promise.all([
      validate(home, file),
      validate(home, brokenCopy(folder, config)),
    ]);
    assert.equal(before.code, 0, before.output);
    assert.notEqual(broken.code, 0, broken.output);

    const vault = new Map<string, Secret>();
    const importer = createImporter({
      home,
      environment: {},
      store: { get: (id) => vault.get(id) ?? null },
    });
    const steps = importer.scan().flatMap((found) => {
      vault.set(found.id, found.secret);
      return importer.scrub(found, found.id);
    });
    assert.deepEqual(
      steps.filter(({ outcome }) => outcome !== "moved" && outcome !== "scrubbed"),
      [],
    );
    assert.deepEqual(
      new Set([...vault.values()].map((secret) => secret.revealText())),
      new Set(Object.values(keys)),
    );
    for (const one of readdirSync(folder, { recursive: true, withFileTypes: true }))
      if (one.isFile())
        for (const key of Object.values(keys))
          assert.ok(!readFileSync(join(one.parentPath, one.name)).includes(key), `${one.name} ${key}`);
    assert.match(readFileSync(file, "utf8"), /\$\{ANTHROPIC_API_KEY\}/);
    assert.equal(readFileSync(join(folder, ".env"), "utf8"), "# mine\nPORT=1\n");

    const { code, output } = await validate(home, file);
    assert.equal(code, 0, output);
    assert.match(output, /Config valid/);
  });

function brokenCopy(folder: string, config: string): string {
  const file = join(folder, "..", "broken.json");
  writeFileSync(file, config.replace("18999", "'not a port'"));
  return file;
}

/** What the real `openclaw config validate` says of the file. */
function validate(home: string, file: string): Promise<{ code: number; output: string }> {
  const env = {
    PATH: process.env["PATH"],
    HOME: home,
    OPENCLAW_STATE_DIR: join(home, ".openclaw"),
    OPENCLAW_CONFIG_PATH: file,
  };
  const entry = join(installed ?? "", "openclaw.mjs");
  return new Promise((resolve) => {
    execFile(process.execPath, [entry, "config", "validate"], { env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), output: stdout + stderr }),
    );
  });
}

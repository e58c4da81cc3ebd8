import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import type { Secret } from "@smartclaw/contracts";
import fc from "fast-check";
import JSON5 from "json5";
import { createImporter } from "./importer.ts";
import { removeProperty } from "./remove-property.ts";

const home = mkdtempSync(join(tmpdir(), "sc-import-"));
after(() => rmSync(home, { recursive: true }));
const openclaw = join(home, ".openclaw");
mkdirSync(join(openclaw, "state"), { recursive: true });
mkdirSync(join(openclaw, "agents", "main", "agent"), { recursive: true });
const keys = {
  config: "sk-config-0123456789abcdef",
  variable: "sk-variable-0123456789abcd",
  dotenv: "sk-ant-dotenv-0123456789",
  json: "AIza-json-0123456789abcdefghij",
  state: "sk-state-0123456789abcdef0",
  shell: "gsk_shell_0123456789abcdef",
};

const config = `{
  // my own comment
  models: { providers: {
    openai: { baseUrl: "https://api.openai.com/v1", apiKey: "${keys.config}", models: [{ id: "gpt-5" }], },
    other: { apiKey: "\${OTHER_KEY}" },
  } },
  "env": { "vars": { "GROQ_API_KEY": "${keys.variable}" }, },
}
`;
writeFileSync(join(openclaw, "openclaw.json"), config, { mode: 0o640 });
writeFileSync(join(openclaw, "openclaw.json.bak"), config);
symlinkSync("openclaw.json.gone", join(openclaw, "openclaw.json.bak.1"));
symlinkSync("openclaw.json.bak.2", join(openclaw, "openclaw.json.bak.2"));
writeFileSync(join(openclaw, ".env"), `# mine\nexport ANTHROPIC_API_KEY="${keys.dotenv}"\nPORT=1\n`);
writeFileSync(
  join(openclaw, "agents", "main", "agent", "auth-profiles.json"),
  JSON.stringify({
    version: 1,
    profiles: { "google:x": { type: "api_key", provider: "google", key: keys.json } },
  }),
);
const state = join(openclaw, "state", "openclaw.sqlite");
const database = new DatabaseSync(state);
database.exec(
  "CREATE TABLE config_machine_state (state_key TEXT PRIMARY KEY, value_json TEXT NOT NULL, updated_at_ms INTEGER NOT NULL) STRICT",
);
database.prepare("INSERT INTO config_machine_state VALUES ('authProfiles.store', ?, 1)").run(
  JSON.stringify({
    version: 1,
    profiles: { "openai:manual": { type: "api_key", provider: "openai", key: keys.state } },
  }),
);
database.close();

test("keys in the clear are found, and moved only when the vault has them", () => {
  const vault = new Map<string, Secret>();
  const importer = createImporter({
    home,
    environment: { GROQ_API_KEY: keys.shell, PATH: "/bin" },
    store: { get: (id) => vault.get(id) ?? null },
  });
  const found = importer.scan();
  assert.deepEqual(new Set(found.map(({ secret }) => secret.revealText())), new Set(Object.values(keys)));
  assert.throws(() => importer.scrub(found[0]!, "nowhere"), /not in the vault/);
  assert.equal(readFileSync(join(openclaw, "openclaw.json"), "utf8"), config);

  const steps = found.flatMap((one) => {
    vault.set(one.id, one.secret);
    return importer.scrub(one, one.id);
  });
  assert.ok(steps.some(({ path, outcome }) => path.endsWith(".bak") && outcome === "scrubbed"));
  assert.equal(steps.find(({ field }) => field === "GROQ_API_KEY")?.outcome, "left");
  assert.ok(!steps.some(({ path }) => path.endsWith(".bak.1")), "a link to nowhere holds no key");
  const unreadable = steps.filter(({ path }) => path.endsWith(".bak.2"));
  assert.deepEqual(new Set(unreadable.map(({ outcome }) => outcome)), new Set(["failed"]));
  for (const file of [
    "openclaw.json",
    "openclaw.json.bak",
    ".env",
    "state/openclaw.sqlite",
    "agents/main/agent/auth-profiles.json",
  ])
    for (const key of Object.values(keys))
      assert.ok(!readFileSync(join(openclaw, file)).includes(key), `${file} ${key}`);
  const after = readFileSync(join(openclaw, "openclaw.json"), "utf8");
  assert.match(after, /\/\/ my own comment/);
  assert.deepEqual(JSON5.parse(after), {
    models: {
      providers: {
        openai: { baseUrl: "https://api.openai.com/v1", models: [{ id: "gpt-5" }] },
        other: { apiKey: "${OTHER_KEY}" },
      },
    },
    env: { vars: {} },
  });
  assert.equal(statSync(join(openclaw, "openclaw.json")).mode & 0o777, 0o640);
  assert.equal(readFileSync(join(openclaw, ".env"), "utf8"), "# mine\nPORT=1\n");
  assert.deepEqual(
    importer.scan().map(({ source }) => source),
    ["environment"],
  );
});

test("taking a property out changes nothing else, whatever the rest is", () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.boolean(),
      (outer, inner, pretty) => {
        fc.pre(
          !("wanted" in outer) && !("key" in inner) && !("__proto__" in outer) && !("__proto__" in inner),
        );
        const value = { ...outer, wanted: { ...inner, key: "sk-secret-0123456789" } };
        const result = removeProperty(
          JSON.stringify(value, null, pretty ? 2 : 0),
          ["wanted", "key"],
          "sk-secret-0123456789",
        );
        assert.ok(result !== null && !result.includes("sk-secret"));
        assert.deepEqual(JSON5.parse(result), JSON.parse(JSON.stringify({ ...outer, wanted: inner })));
      },
    ),
  );
});

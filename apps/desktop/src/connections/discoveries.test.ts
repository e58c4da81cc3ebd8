/** Keys in the clear are taken over: what was done is told, and the connections have the names that people know. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { createRealConnections, type RealConnections } from "./testing/real-connections.ts";

const longName = "of a very long name ".repeat(6).trim();

/** A user's folder with an OpenClaw whose providers all live at the stand-in. */
async function open(t: TestContext): Promise<RealConnections & { readonly openclaw: string }> {
  const folder = mkdtempSync(join(tmpdir(), "sc-adopt-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const real = await createRealConnections(folder);
  t.after(() => real.close());
  const openclaw = join(folder, ".openclaw");
  mkdirSync(openclaw);
  const server = {
    baseUrl: `${real.provider.url}/v1`,
    api: "openai-completions",
    models: [{ id: "standin-1" }],
  };
  const names = ["openai", "openrouter", "my server", longName];
  const providers = Object.fromEntries(
    names.map((name, index) => [name, { ...server, apiKey: `sk-adopted-${index}-0123456789` }]),
  );
  for (const file of ["openclaw.json", "openclaw.json.bak"])
    writeFileSync(join(openclaw, file), JSON.stringify({ models: { providers } }, null, 2));
  return { ...real, openclaw };
}

test("what was done to a key that was taken over is told, step by step", async (t) => {
  const real = await open(t);
  const config = join(real.openclaw, "openclaw.json");
  const { discoveries } = await real.open();
  const [found] = await discoveries.list();
  assert.ok(found !== undefined);
  const { connection, steps } = await discoveries.adopt(found.id);
  assert.ok(connection !== null);
  const field = "models.providers.openai.apiKey";
  assert.deepEqual(steps, [
    {
      path: config,
      field,
      storedAs: `provider/${connection.id}`,
      outcome: "moved",
      detail: "moved into the vault and removed from here",
    },
    { path: `${config}.bak`, field, storedAs: null, outcome: "scrubbed", detail: "blanked in this backup" },
  ]);
  for (const { path } of steps) assert.ok(!readFileSync(path, "utf8").includes("sk-adopted-0"));
});

test("a key that does not work is not taken over, and nothing was done", async (t) => {
  const real = await open(t);
  const { discoveries } = await real.open();
  real.provider.fallback(() => ({ kind: "status", status: 401 }));
  const [found] = await discoveries.list();
  const { connection, check, steps } = await discoveries.adopt(found?.id ?? "");
  assert.deepEqual([connection, check.ok, steps], [null, false, []]);
});

test("a key that is in the vault and could not be removed is a step that failed, not a fault", async (t) => {
  const real = await open(t);
  // The vault is locked between keeping the key and removing it.
  const { discoveries, connections } = await real.open((vault) => vault.lock());
  const [found] = await discoveries.list();
  const { connection, steps } = await discoveries.adopt(found?.id ?? "");
  assert.equal(connection?.id, connections.list()[0]?.id);
  assert.deepEqual(
    steps.map(({ outcome, storedAs }) => [outcome, storedAs]),
    [["failed", `provider/${connection?.id}`]],
  );
});

test("each is called as its provider is called", async (t) => {
  const real = await open(t);
  const { discoveries, connections } = await real.open();
  for (const { id } of await discoveries.list()) await discoveries.adopt(id);
  const labels = connections.list().map(({ label }) => label);
  assert.deepEqual(labels, ["OpenAI", "OpenRouter", "my server", longName.slice(0, 80).trim()]);
});

test("all at once gives the same names and the same steps", async (t) => {
  const real = await open(t);
  const { discoveries, connections } = await real.open();
  const steps = await discoveries.importAll();
  assert.deepEqual(
    steps.map(({ outcome }) => outcome),
    ["moved", "scrubbed", "moved", "scrubbed", "moved", "scrubbed", "moved", "scrubbed"],
  );
  assert.equal(connections.list()[1]?.label, "OpenRouter");
});

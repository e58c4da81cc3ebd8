import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { secretIdOf } from "@smartclaw/contracts";
import { createRealConnections, type RealConnections } from "./testing/real-connections.ts";

async function open(t: TestContext): Promise<RealConnections> {
  const folder = mkdtempSync(join(tmpdir(), "sc-store-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const real = await createRealConnections(folder);
  t.after(() => real.close());
  return real;
}

interface Content {
  default: string | null;
  connections: Record<string, unknown>[];
}
const read = ({ file }: RealConnections): Content => JSON.parse(readFileSync(file, "utf8")) as Content;
const change = (real: RealConnections, work: (content: Content) => void): void => {
  const content = read(real);
  work(content);
  writeFileSync(real.file, JSON.stringify(content));
};

test("a row that cannot be read is set aside and named; the others work, and it comes back when it is put right", async (t) => {
  const real = await open(t);
  const keys = { compatible: "sk-one", "compatible-2": "sk-two", "compatible-3": "sk-three" };
  let { vault, connections } = await real.open();
  for (const key of Object.values(keys))
    await connections.add({ ...real.request, key }, { keepAnyway: false });
  const bad = { ...read(real).connections[0], api: "of a later SmartClaw", note: { of: "its own" } };
  change(real, (content) => content.connections.splice(0, 1, bad));
  const damaged = readFileSync(real.file, "utf8");

  ({ vault, connections } = await real.open());
  const ids = (): string[] => connections.list().map(({ id }) => id);
  assert.deepEqual(ids(), ["compatible-2", "compatible-3"]);
  assert.deepEqual(
    connections.list().map(({ isDefault }) => isDefault),
    [true, false],
  );
  for (const { id } of connections.list()) assert.equal((await connections.test(id)).ok, true);
  assert.equal(real.provider.requests.at(-1)?.headers.authorization, "Bearer sk-three");
  assert.equal(real.logged.length, 1);
  assert.match(
    real.logged[0]?.text ?? "",
    /^A connection in connections\.json cannot be read.*; to get it back, /,
  );
  assert.deepEqual(real.logged[0]?.context, { path: real.file, id: "compatible", fields: ["api"] });
  assert.ok(!damaged.includes("unread") && readFileSync(real.file, "utf8").includes("of a later SmartClaw"));

  // Its name and its key stay its own.
  const { connection } = await connections.add({ ...real.request, key: "sk-four" }, { keepAnyway: false });
  assert.equal(connection?.id, "compatible-4");
  for (const { id } of connections.list()) connections.remove(id);
  assert.equal(vault.get(secretIdOf(connection.id)), null);
  ({ vault, connections } = await real.open());
  assert.deepEqual(ids(), []);
  const kept = JSON.parse(readFileSync(real.file, "utf8")) as { unread: unknown[] };
  assert.deepEqual(kept.unread, [bad]);

  // As by an update, or by hand.
  writeFileSync(
    real.file,
    readFileSync(real.file, "utf8").replace("of a later SmartClaw", "openai-completions"),
  );
  ({ vault, connections } = await real.open());
  assert.deepEqual(ids(), ["compatible"]);
  assert.equal((await connections.test(connections.list()[0]!.id)).ok, true);
  assert.equal(real.provider.requests.at(-1)?.headers.authorization, "Bearer sk-one");
});

test("after the whole file was lost, a new connection takes no key that waits in the vault for the old one", async (t) => {
  const real = await open(t);
  let { vault, connections } = await real.open();
  await connections.add({ ...real.request, key: "sk-one" }, { keepAnyway: false });
  writeFileSync(real.file, "[[[");
  ({ vault, connections } = await real.open());
  const { connection } = await connections.add(real.request, { keepAnyway: false });
  assert.deepEqual([connection?.id, connection?.hasKey], ["compatible-2", false]);
  assert.equal(vault.get("provider/compatible")?.revealText(), "sk-one");
});

test("two that are added at once are two", async (t) => {
  const real = await open(t);
  const { vault, connections } = await real.open();
  await Promise.all(
    ["sk-one", "sk-two"].map((key) => connections.add({ ...real.request, key }, { keepAnyway: false })),
  );
  assert.deepEqual(
    new Set(connections.list().map(({ id }) => vault.get(secretIdOf(id))?.revealText())),
    new Set(["sk-one", "sk-two"]),
  );
});

test("a connection that could not be written leaves no key behind", async (t) => {
  const real = await open(t);
  const { vault, connections } = await real.open();
  // Something else lies where it would be written.
  mkdirSync(real.file);
  await assert.rejects(connections.add({ ...real.request, key: "sk-one" }, { keepAnyway: false }));
  assert.deepEqual([connections.list(), vault.list()], [[], []]);
});

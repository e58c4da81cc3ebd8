import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Secret, SmartClawError } from "@smartclaw/contracts";
import { createRealConnections } from "./testing/real-connections.ts";

test("a connection that is deleted while its new key is checked stays deleted, and so does its key", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sc-rotate-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const real = await createRealConnections(folder);
  t.after(() => real.close());
  const { vault, connections } = await real.open();
  const { connection } = await connections.add({ ...real.request, key: "sk-first" }, { keepAnyway: false });
  assert.ok(connection !== null);
  real.provider.script({ kind: "answer", text: "ready", delayMs: 300 });
  const rotating = connections.rotate(connection.id, Secret.fromText("sk-second"));
  connections.remove(connection.id);
  await assert.rejects(rotating, (error) => error instanceof SmartClawError && error.code === "NOT_FOUND");
  assert.deepEqual(vault.list(), []);
});

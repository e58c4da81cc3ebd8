import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { quietLog } from "../gateway/testing/real-gateway.ts";
import { createProcessTree } from "../watchdog/process-tree.ts";
import { createLeftoverFile } from "./leftover.ts";

const folder = mkdtempSync(join(tmpdir(), "sc-left-"));
const path = join(folder, "gateway.json");
const tree = createProcessTree({ platform: process.platform, marker: null });
const file = createLeftoverFile({ path, tree, log: quietLog });
after(() => rmSync(folder, { recursive: true, force: true }));

/** A process with a child, as a gateway would be. */
async function startPair() {
  const child = spawn("sh", ["-c", "sleep 60 & sleep 60"], { detached: true, stdio: "ignore" });
  await new Promise((resolve) => child.once("spawn", resolve));
  return { child, exited: new Promise((resolve) => child.once("exit", resolve)) };
}

test("a remembered process is ended with its children", async () => {
  const { child, exited } = await startPair();
  await file.remember(child.pid!);
  await file.clear();
  await exited;
  assert.deepEqual(await tree.members(child.pid!), []);
  assert.equal(existsSync(path), false);
});

test("a stranger with the same number is left alone", async () => {
  const { child } = await startPair();
  await file.remember(child.pid!);
  const record = JSON.parse(readFileSync(path, "utf8"));
  writeFileSync(path, JSON.stringify({ ...record, start: "1" }));
  await file.clear();
  assert.equal(child.exitCode, null);
  assert.ok(existsSync(`/proc/${child.pid}`));
  await tree.kill(child.pid!);
});

test("a damaged file is no reason to fail", async () => {
  writeFileSync(path, "{");
  await file.clear();
});

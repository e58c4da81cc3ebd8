import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createLeftoverFile } from "../supervisor/leftover.ts";
import { createProcessTree } from "../watchdog/process-tree.ts";
import { clearRehearsal, rehearsalPidFile } from "./clear-rehearsal.ts";

const { platform } = process;
const log = { info() {}, warn() {}, error() {} };

test("an OpenClaw whose rehearsal was cut off is ended, and its folder is gone", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sc-cleared-"));
  const left = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], {
    detached: true,
    stdio: "ignore",
  });
  const ended = once(left, "exit");
  await once(left, "spawn");
  const tree = createProcessTree({ platform, marker: null });
  await createLeftoverFile({ path: rehearsalPidFile(folder), tree, log }).remember(left.pid ?? 0);
  await clearRehearsal({ folder, platform, log });
  assert.deepEqual(await ended, [null, "SIGKILL"]);
  assert.ok(!existsSync(folder));
  await clearRehearsal({ folder, platform, log });
});

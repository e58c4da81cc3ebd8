/** A program in place of OpenClaw's: the real one backs itself up in the daemon's test of updates. */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { runBackup } from "./run-backup.ts";

const never = new AbortController().signal;
const writes = (text: string): string =>
  `require("node:fs").writeFileSync(process.argv[process.argv.indexOf("--output") + 1], "${text}");`;

function place(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "sc-backup-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "state.tar.gz");
  const backUp = (code: string, signal = never): Promise<void> =>
    runBackup({ command: [process.execPath, "-e", code, "--"], env: {}, cwd: folder }, file, signal);
  return { folder, file, backUp };
}

test("a whole backup takes the place of the one before", async (t) => {
  const { folder, file, backUp } = place(t);
  await backUp(writes("first"));
  await backUp(writes("second"));
  assert.equal(readFileSync(file, "utf8"), "second");
  assert.deepEqual(readdirSync(folder), ["state.tar.gz"]);
});

test("one that fails or is called off leaves the one before, and nothing else", async (t) => {
  const { folder, file, backUp } = place(t);
  await backUp(writes("first"));
  await assert.rejects(backUp(`${writes("half")} process.exit(3)`), {
    code: "BACKUP_FAILED",
    message: /exit code 3/,
  });
  const calledOff = AbortSignal.timeout(300);
  await assert.rejects(backUp(`${writes("half")} setInterval(() => {}, 1000)`, calledOff), {
    code: "CANCELLED",
  });
  assert.equal(readFileSync(file, "utf8"), "first");
  assert.deepEqual(readdirSync(folder), ["state.tar.gz"]);
});

/** The real OpenClaw removes and writes over what it may, and the owner undoes it. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { until } from "@smartclaw/openclaw/testing";
import { openGuardedOpenClaw } from "./testing/guarded-openclaw.ts";

const skip =
  process.env["SMARTCLAW_TEST_OPENCLAW"] === undefined
    ? "no installed OpenClaw (SMARTCLAW_TEST_OPENCLAW)"
    : existsSync("/usr/bin/bwrap")
      ? false
      : "there is no bubblewrap here";

test("what the assistant removed or wrote over is put back", { skip }, async (t) => {
  const it = await openGuardedOpenClaw();
  t.after(async () => await it.dispose());
  const session = await it.conversation();
  const file = (name: string): string => join(it.project, name);
  const tool = (name: string, params: object): string => `TOOL ${name} ${JSON.stringify(params)} END`;
  const say = async (text: string): Promise<string> => (await it.say(session, text)).results.join();
  const open = async () => {
    await until(() => it.guardian.snapshots()[0]?.state === "open");
    return it.guardian.snapshots()[0] ?? assert.fail();
  };
  it.guardian.addPreset("work", it.project);
  it.answerWith("deny");
  mkdirSync(file("build"));
  writeFileSync(file("build/tool"), "made in an hour", { mode: 0o755 });
  writeFileSync(file("notes.txt"), "by the owner\n");

  await say(tool("exec", { command: "rm -rf build", workdir: it.project }));
  assert.equal(existsSync(file("build")), false);
  const removed = await open();
  assert.deepEqual(removed.paths, [{ path: file("build"), was: "folder" }]);
  assert.equal((await it.guardian.undo(removed.id, false)).state, "done");
  assert.equal(readFileSync(file("build/tool"), "utf8"), "made in an hour");
  assert.equal(statSync(file("build/tool")).mode & 0o777, 0o755);

  await say(tool("write", { path: file("notes.txt"), content: "by the assistant\n" }));
  assert.equal(readFileSync(file("notes.txt"), "utf8"), "by the assistant\n");
  const written = await open();
  assert.equal((await it.guardian.undo(written.id, false)).state, "done");
  assert.equal(readFileSync(file("notes.txt"), "utf8"), "by the owner\n");

  const edits = [{ oldText: "owner", newText: "assistant" }];
  await say(tool("edit", { path: file("notes.txt"), edits }));
  assert.equal(readFileSync(file("notes.txt"), "utf8"), "by the assistant\n");
  const edited = await open();
  writeFileSync(file("notes.txt"), "and by the owner again\n");
  assert.equal((await it.guardian.undo(edited.id, false)).state, "changed");
  assert.equal((await it.guardian.undo(edited.id, true)).state, "done");
  assert.equal(readFileSync(file("notes.txt"), "utf8"), "by the owner\n");
  assert.equal(it.asked.length, 0, "nobody was asked");

  truncateSync(file("build/tool"), 300 * 1024 * 1024);
  assert.match(await say(tool("exec", { command: "rm -rf build", workdir: it.project })), /said no/);
  assert.ok(existsSync(file("build/tool")));
  assert.match(it.asked[0]?.reasons.join() ?? "", /would be lost, and no copy is kept/);
  rmSync(file("build"), { recursive: true });

  const lines = it.record().filter(({ kind }) => kind === "undo");
  assert.deepEqual(
    lines.map(({ body }) => body["done"]),
    [false, true, false, true, false, true],
  );
  const verdict = await it.guardian.verifyLog();
  assert.ok(verdict.whole, verdict.message);
});

/** The real OpenClaw in the daemon's room, on another Node than SmartClaw's own; and what becomes of it when that is lost. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "node:test";
import { guardArguments } from "@smartclaw/openclaw";
import { bringOtherNode, openOtherNodes, otherVersion } from "@smartclaw/openclaw/testing";
import { skipWithoutRelease } from "../daemon/testing/real-daemon.ts";
import { createUpdateHouse } from "../updates/testing/update-house.ts";

// Kept, so that only the first run fetches and lays out.
const root = join(process.env["SMARTCLAW_TEST_CACHE"] ?? tmpdir(), "nodes");
const nodes = skipWithoutRelease === false ? await openOtherNodes(root) : skipWithoutRelease;

/** What comes of a connection past the proxies, and of a server for everybody. */
const wayOut = `
  import net from "node:net";
  const end = (socket) => new Promise((done) => socket.on("error", ({ code }) => done(code)).on("connect", () => done("ok")));
  const listening = new Promise((done) => net.createServer().on("error", () => done("refused")).listen(0, "0.0.0.0", () => done("ok")));
  console.log(await end(net.connect(80, "192.0.2.1")), await listening);
  process.exit();
`;

test("OpenClaw on another Node", { skip: typeof nodes === "string" && nodes }, async (t) => {
  assert.ok(typeof nodes !== "string");
  const nodePath = await bringOtherNode(nodes);
  const house = await createUpdateHouse(null);
  t.after(() => house.dispose());
  const { room, paths } = house;
  const pointerFile = join(paths.releases, "live.json");
  const pointer = (): { openclaw: string; node: string; state: string } =>
    JSON.parse(readFileSync(pointerFile, "utf8"));
  const named = { ...pointer(), node: otherVersion };
  const place = join(paths.releases, "versions", "node-runtime", otherVersion);

  await t.test("the guard holds on it", () => {
    const args = [...guardArguments, "--input-type=module", "--eval", wayOut];
    const said = execFileSync(nodePath, args, { encoding: "utf8", env: {}, timeout: 60_000 });
    assert.equal(said.trim(), "ECONNREFUSED refused");
  });

  await t.test("it starts on the one that the pointer names, and answers", async () => {
    mkdirSync(join(place, ".."), { recursive: true });
    symlinkSync(join(root, "versions", "node-runtime", otherVersion), place);
    writeFileSync(pointerFile, JSON.stringify(named));
    assert.equal((await room.install(true)).state, "installed");
    await until(() => room.running.takeInventory().then(({ agents }) => agents === 1));
    const { pid } = room.gateway();
    if (process.platform === "linux")
      assert.match(readlinkSync(`/proc/${pid}/exe`), new RegExp(`/node-runtime/${otherVersion}/`));
    await room.stop();
  });

  await t.test("lost, it is no reason to take another one while an update is under way", async () => {
    rmSync(place);
    const state = await room.install(false);
    assert.ok(state.state === "failed");
    assert.equal(state.error.code, "RUNTIME_UNSUPPORTED", "it cannot be fetched here");
    assert.deepEqual([room.installState(), pointer()], [state, named]);
  });

  await t.test("lost, it gives way to SmartClaw's own, on which this release runs, too", async () => {
    // Who asks again has doubts about the release, too, which is another test's matter.
    await room.install(true);
    await room.stop();
    assert.deepEqual(pointer(), { ...named, node: "bundled" });
  });

  await t.test("what is lost is not started on anything else", async () => {
    writeFileSync(pointerFile, JSON.stringify(named));
    room.start();
    await until(() => Promise.resolve(room.gateway().phase === "failed"));
    const { error } = room.gateway();
    assert.equal(error?.code, "STORAGE_CORRUPT");
    assert.match(error.next, /^Install OpenClaw again/);
  });
});

/** Waits until it holds; a fault means that it does not yet. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 300_000; !(await condition().catch(() => false)); await sleep(100))
    if (Date.now() > end) throw new Error(`never: ${condition.toString()}`);
}

/** Without a Chromium: what is said then, and that nothing else happens. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { WebSocket } from "ws";
import { type BrowserDeps, createBrowser } from "./browser.ts";
import { exitStandIn } from "./testing/exit-standin.ts";

const skip =
  process.platform === "linux" && existsSync("/usr/bin/bwrap") ? false : "there is no bubblewrap here";

async function withBrowser(
  find: BrowserDeps["find"],
  work: (address: string, root: string, browser: Awaited<ReturnType<typeof createBrowser>>) => Promise<void>,
): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), "sc-browser-"));
  const browser = await createBrowser({
    profileFolder: join(root, "profile"),
    runFolder: join(root, "run"),
    gatePorts: [],
    find,
    openExit: exitStandIn(new Map()),
    objection: () => null,
    isOpenClaw: async () => true,
    authorities: [],
    clock: { now: () => 0 },
    log: { info() {}, warn() {}, error() {} },
  });
  try {
    await work(`127.0.0.1:${browser.gatePort}`, root, browser);
  } finally {
    await browser.close();
    rmSync(root, { recursive: true, force: true });
  }
}

async function refusedUpgrade(address: string): Promise<string> {
  const answer = await fetch(`http://${address}/json/version`);
  const { webSocketDebuggerUrl } = (await answer.json()) as { webSocketDebuggerUrl: string };
  const [error] = (await once(new WebSocket(webSocketDebuggerUrl), "error")) as [Error];
  return error.message;
}

test("without a Chromium it is said what to do, and nothing was made", async () => {
  const missing = { state: "missing", message: "There is none.", next: "Install one." } as const;
  await withBrowser(
    () => missing,
    async (address, root, browser) => {
      assert.deepEqual(await (await fetch(`http://${address}/json/list`)).json(), []);
      const made = await fetch(`http://${address}/json/new?about:blank`, { method: "PUT" });
      assert.equal(made.status, 503);
      assert.equal(await made.text(), "There is none. Install one.\n");
      assert.match(await refusedUpgrade(address), /503/);
      assert.deepEqual(browser.tabs(), []);
      assert.equal(browser.originOf(null), null);
      await assert.rejects(browser.ensureStarted(), { code: "NOT_FOUND" });
      await browser.closeTabs();
      browser.stop();
      assert.deepEqual(readdirSync(root), ["run"]);
      assert.equal(statSync(join(root, "run")).mode & 0o777, 0o700);
    },
  );
});

test("a program that is no browser is said to be none, each time anew", { skip }, async () => {
  await withBrowser(
    () => ({ state: "found", program: "/usr/bin/false" }),
    async (address, root) => {
      for (let tries = 0; tries < 2; tries += 1) {
        const made = await fetch(`http://${address}/json/new?about:blank`, { method: "PUT" });
        assert.equal(made.status, 503);
        assert.match(await made.text(), /^The assistant's browser did not start/);
        assert.ok(!existsSync(join(root, "run", "exit.sock")));
      }
    },
  );
});

test("where it may not be known who comes, nobody may come", async () => {
  const root = mkdtempSync(join(tmpdir(), "sc-browser-"));
  const browser = await createBrowser({
    profileFolder: "/nowhere",
    runFolder: root,
    gatePorts: [],
    find: () => assert.fail("nothing is started"),
    openExit: () => assert.fail("nothing is opened"),
    objection: () => null,
    isOpenClaw: () => Promise.reject(new Error("no table of connections")),
    authorities: [],
    clock: { now: () => 0 },
    log: { info() {}, warn() {}, error() {} },
  });
  const answer = await fetch(`http://127.0.0.1:${browser.gatePort}/json/version`);
  assert.equal(answer.status, 403);
  await browser.close();
  rmSync(root, { recursive: true, force: true });
});

/** What a person is told after an update while nobody looked, and of a newer SmartClaw. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { openUpdateStore } from "@smartclaw/updater";
import { createReleaseMaker, type ReleaseMaker } from "../self/testing/release-maker.ts";
import { examine } from "./examine.ts";
import { openProduct, type Product, skip } from "./product.ts";

const folder = mkdtempSync(join(tmpdir(), "sc-notice-"));
let product: Product;
let maker: ReleaseMaker;
after(async () => {
  await product?.close();
  await maker?.close();
  rmSync(folder, { recursive: true, force: true });
});

test("one line says what was updated, until it was read", { skip }, async () => {
  product = await openProduct();
  const home = product.makeHome();
  const live = { version: "2026.9.5", node: "bundled", state: "openclaw" };
  const store = openUpdateStore({
    file: join(home, "updates.sqlite"),
    log: { info() {}, warn() {}, error() {} },
  });
  const record = { id: "one", at: Date.now(), from: live.version, to: "2026.9.6", error: null };
  store.end({ ...record, component: "openclaw", kind: "update", outcome: "committed" }, live);
  store.close();
  maker = await createReleaseMaker(folder);
  await maker.publish("0.9.0", "good");
  writeFileSync(join(home, "update-source.json"), JSON.stringify(maker.source));
  const page = await product.startPage(home);
  await page.getByRole("heading", { name: "Your assistant, on your computer." }).waitFor();
  await page.goto(new URL("/status", page.url()).href);
  const line = page.getByRole("status").filter({ hasText: "OpenClaw 2026.9.5 was updated to 2026.9.6." });
  await line.waitFor();
  await examine(page, "update-notice");
  await page.getByRole("button", { name: "Close" }).click();
  await line.waitFor({ state: "detached" });
  await page.reload();
  await page.getByRole("heading", { name: "Status", level: 1 }).waitFor();
  assert.equal(await line.count(), 0);
  await page.goto(new URL("/updates", page.url()).href);
  await page.getByRole("list", { name: "Updates, newest first" }).waitFor();
  await page.getByRole("button", { name: "SmartClaw", exact: true }).click();
  await page.getByText("SmartClaw has not looked for a newer version yet.").waitFor();
  await page.getByRole("button", { name: "Check now" }).click();
  await page.getByRole("heading", { name: /Newer: SmartClaw 0\.9\.0/ }).waitFor();
  await examine(page, "updates-of-smartclaw");
  assert.deepEqual(product.faults(), []);
});

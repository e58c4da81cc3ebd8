/** What a person is told after OpenClaw was updated while nobody looked. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, test } from "node:test";
import { openUpdateStore } from "@smartclaw/updater";
import { examine } from "./examine.ts";
import { openProduct, type Product, skip } from "./product.ts";

let product: Product;
after(async () => await product?.close());

test("one line says what was updated, until it was read", { skip }, async () => {
  product = await openProduct();
  const home = product.makeHome();
  const live = { version: "2026.9.5", node: "bundled", state: "openclaw" };
  const store = openUpdateStore({
    file: join(home, "updates.sqlite"),
    log: { info() {}, warn() {}, error() {} },
  });
  const record = { id: "one", at: Date.now(), from: live.version, to: "2026.9.6", error: null };
  store.end({ ...record, kind: "update", outcome: "committed" }, live);
  store.close();
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
  assert.deepEqual(product.faults(), []);
});

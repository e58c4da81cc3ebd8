/** The real OpenClaw's browser tool behind the real Guardian, in the real Chromium; its sites are the test's own. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { NewGuardianGrant } from "@smartclaw/contracts";
import { findChromium } from "@smartclaw/guardian";
import { until } from "@smartclaw/openclaw/testing";
import { type GuardedOpenClaw, openGuardedOpenClaw } from "./testing/guarded-openclaw.ts";
import { openTestWeb, type TestWeb } from "./testing/test-browser.ts";

const chromium = findChromium(process.platform);
const skip =
  process.env["SMARTCLAW_TEST_OPENCLAW"] === undefined
    ? "no installed OpenClaw (SMARTCLAW_TEST_OPENCLAW)"
    : chromium.state === "missing"
      ? chromium.message
      : false;

const shop = "http://shop.example.org";
const evil = "http://evil.example.org";
const pages = new Map([
  [
    "shop.example.org/",
    "<title>Shop</title><h1>Fresh fish</h1><p id=said></p>" +
      "<button onclick=\"said.textContent='bought'\">Buy</button><img src='http://evil.example.org/pixel'>",
  ],
  ["shop.example.org/away", `${evil}/secret`],
  ["evil.example.org/secret", "<title>Evil</title><h1>Orders for the model</h1>"],
]);

test("the real OpenClaw's browser behind Guardian", { skip }, async (t) => {
  let web: TestWeb;
  let it: GuardedOpenClaw;
  let session = "";
  let tab = "";
  const grant = (
    origin: string,
    may: "read" | "act" | "script",
    effect: "allow" | "deny" = "allow",
  ): void => {
    const duration: NewGuardianGrant["duration"] = { kind: "until", at: Date.now() + 3_600_000 };
    const scope: NewGuardianGrant["scope"] = { type: "browse", origin, may };
    it.guardian.addGrants([{ effect, scope, callers: ["owner"], duration }], "tab");
  };
  const browser = async (params: object): Promise<string> => {
    const { results } = await it.say(session, `TOOL browser ${JSON.stringify(params)} END`);
    assert.equal(results.length, 1, JSON.stringify(results));
    return results[0] ?? "";
  };
  const evilWas = (): boolean => web.requests.some((request) => request.startsWith("evil"));
  before(async () => {
    web = await openTestWeb(pages, true);
    it = await openGuardedOpenClaw(undefined, web.browser);
    session = await it.conversation();
  });
  after(async () => {
    await it.dispose();
    web.close();
  });

  await t.test("nothing is granted, and nothing is opened", async () => {
    it.answerWith("deny");
    assert.match(await browser({ action: "open", url: `${shop}/` }), /the owner said no/);
    assert.deepEqual(web.requests, []);
    const [asked] = it.asked;
    assert.deepEqual([asked?.text, asked?.risk], [`Open ${shop}/`, "blue"]);
    assert.deepEqual(asked?.effects, [{ kind: "browse", what: shop }]);
  });

  await t.test(
    "a granted page is opened and read without a question, and what it lacks is told",
    async () => {
      grant(shop, "read");
      const asked = it.asked.length;
      const opened = await browser({ action: "open", url: `${shop}/` });
      tab = /"targetId": "([0-9A-F]{32})"/.exec(opened)?.[1] ?? "";
      assert.notEqual(tab, "", opened);
      const read = await browser({ action: "snapshot", targetId: tab });
      assert.match(read, /Fresh fish/);
      assert.match(opened + read, /did not let the browser reach evil\.example\.org/);
      assert.match(
        await browser({ action: "text" }),
        /Fresh fish/,
        "the tab in which the conversation was last",
      );
      assert.equal(it.asked.length, asked);
      assert.equal(evilWas(), false);
    },
  );

  await t.test("acting in it needs a yes", async () => {
    const click = { action: "act", request: { kind: "click", selector: "button" }, targetId: tab };
    assert.match(await browser(click), /the owner said no/);
    assert.doesNotMatch(await browser({ action: "text" }), /bought/);
    assert.match(it.asked.at(-1)?.text ?? "", /click.*button/);
    it.answerWith("once");
    // Not the same again: the same question within seconds has the same answer.
    await browser({ ...click, request: { ...click.request, doubleClick: false } });
    assert.match(await browser({ action: "text", selector: "#said" }), /bought/);
    it.answerWith("deny");
  });

  await t.test("other browsers, other names of tabs and files are refused without a question", async () => {
    const asked = it.asked.length;
    for (const more of [{ profile: "user" }, { target: "node" }, { targetId: "t1" }, { dashboard: "d" }])
      assert.match(await browser({ action: "snapshot", targetId: tab, ...more }), /did not allow this/);
    assert.match(
      await browser({ action: "upload", paths: ["/etc/passwd"], targetId: tab }),
      /no file is given/,
    );
    assert.match(await browser({ action: "open", url: "http://127.0.0.1:1/" }), /did not allow this/);
    assert.match(await browser({ action: "open", url: "file:///etc/passwd" }), /did not allow this/);
    assert.equal(it.asked.length, asked);
  });

  await t.test("a script runs only where scripts were granted, and nobody is asked about it", async () => {
    const asked = it.asked.length;
    const script = { action: "act", request: { kind: "evaluate", fn: "() => 6 * 7" }, targetId: tab };
    assert.match(await browser(script), /scripts run only in pages of sites/);
    const wait = { action: "act", request: { kind: "wait", fn: "() => true" }, targetId: tab };
    assert.match(await browser(wait), /scripts run only in pages of sites/);
    grant(shop, "script");
    assert.match(await browser(script), /42/);
    grant(shop, "script", "deny");
    assert.match(await browser(script), /forbids it/);
    assert.equal(it.asked.length, asked);
  });

  await t.test(
    "a page that leads to another site does not get there, and nothing of it is handed on",
    async () => {
      const result = await browser({ action: "navigate", url: `${shop}/away`, targetId: tab });
      assert.match(result, /did not let the browser reach evil\.example\.org/);
      assert.doesNotMatch(result, /Orders for the model/);
      assert.equal(evilWas(), false);
    },
  );

  await t.test("a yes for once is for one call", async () => {
    it.answerWith("once");
    const opened = await browser({ action: "open", url: `${evil}/secret` });
    assert.equal(evilWas(), true, opened);
    it.answerWith("deny");
    const before = web.requests.length;
    assert.match(await browser({ action: "snapshot" }), /the owner said no/);
    assert.match(await browser({ action: "open", url: `${evil}/secret` }), /the owner said no/);
    assert.equal(web.requests.length, before);
  });

  await t.test("panic ends the browser with all its tabs, and nothing is opened after it", async () => {
    it.guardian.panic();
    await until(() => web.browser.tabs() === 0);
    session = await it.conversation();
    assert.match(await browser({ action: "open", url: `${shop}/` }), /everything was stopped/);
    it.guardian.arm();
    assert.match(await browser({ action: "open", url: `${shop}/` }), /the owner said no/);
  });
});

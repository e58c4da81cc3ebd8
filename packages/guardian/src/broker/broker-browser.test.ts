/** The broker's decisions on the browser, with real grants and a real log; the browser's tabs are the test's. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type GuardianAnswer, SmartClawError } from "@smartclaw/contracts";
import type { Scope } from "../grants/grant.ts";
import type { BrowserHands } from "./browser-desk.ts";
import { openTestBroker, session } from "./testing/open-test-broker.ts";
import type { ToolCall } from "./tool-call.ts";

const tab = "A".repeat(32);
const site = "https://example.org";
const evil = "https://evil.org";

function open(has: "browser" | "no browser" = "browser") {
  const tabs = new Map<string, string>();
  const refused: string[] = [];
  const stops: string[] = [];
  const rechecks: string[] = [];
  let fault: string | null = null;
  const browser: BrowserHands = {
    originOf: (one) => tabs.get(one ?? "") ?? null,
    refusedSince: () => refused,
    recheck: () => void rechecks.push("recheck"),
    async start() {
      if (fault !== null) throw new SmartClawError("INTERNAL", fault, "");
      await Promise.resolve();
    },
    stop: () => void stops.push("stop"),
  };
  let answer: GuardianAnswer["answer"] | (() => void) = "deny";
  const asked: string[] = [];
  const it = openTestBroker({
    browser: has === "browser" ? browser : null,
    changed() {
      const [request] = it.broker.questions.waiting();
      if (request === undefined) return;
      asked.push(`${request.text} | ${request.reasons.join()} | ${request.risk}`);
      if (typeof answer === "function") answer();
      const said = typeof answer === "function" ? "once" : answer;
      it.broker.answer({ id: request.id, hash: request.hash, answer: said });
    },
  });
  return {
    ...it,
    tabs,
    refused,
    stops,
    rechecks,
    asked,
    failWith: (next: string) => void (fault = next),
    answerWith: (next: typeof answer) => void (answer = next),
    async browse(params: Record<string, unknown>, more: Partial<ToolCall> = {}) {
      const call = it.call("browser", params, more);
      const verdict = await it.decide(call);
      return { ...verdict, id: call.toolCallId, said: verdict.action === "allow" ? "allow" : verdict.reason };
    },
  };
}
const openSite = { action: "open", url: `${site}/page` };
const browse = (may: "read" | "act" | "script", origin = site): Scope => ({ type: "browse", origin, may });

test("without a browser, and after a panic, nothing is done in one", async () => {
  const none = open("no browser");
  assert.match((await none.browse(openSite)).said, /no browser for the assistant/);
  assert.match((await none.browse({ action: "status" })).said, /no browser/);
  assert.deepEqual(none.asked, []);
  const it = open();
  it.grant(browse("act"));
  it.grants.panic();
  it.broker.stopAll();
  assert.deepEqual(it.stops, ["stop"], "what it shows and does ends with it");
  assert.match((await it.browse(openSite)).said, /everything was stopped/);
  assert.match(it.broker.mayReach("example.org", 443) ?? "", /not granted/);
});

test("a page of a granted origin is opened and read, and acting in it asks", async () => {
  const it = open();
  it.grant(browse("read"));
  const opened = await it.browse(openSite);
  assert.equal(opened.said, "allow");
  it.tabs.set(tab, site);
  assert.deepEqual(it.broker.over(session, opened.id, tab), { withheld: null, note: null });
  const read = await it.browse({ action: "snapshot" });
  assert.equal(read.action === "allow" && read.tab, tab, "the tab in which this conversation was last");
  const click = { action: "act", request: { kind: "click", ref: "e1" }, targetId: tab };
  assert.match((await it.browse(click)).said, /the owner said no/);
  assert.match(it.asked[0] ?? "", /"click".*acting in pages of https:\/\/example.org is not granted.*amber/);
  const script = { action: "act", request: { kind: "evaluate", fn: "() => 1" }, targetId: tab };
  assert.match((await it.browse(script)).said, /scripts run only in pages of sites/);
  it.grant(browse("act"));
  assert.equal((await it.browse(click)).said, "allow");
  assert.equal((await it.browse({ action: "tabs" })).said, "allow");
  assert.match((await it.browse(script)).said, /scripts run only in pages of sites/);
  it.grant(browse("script"));
  assert.equal((await it.browse(script)).said, "allow");
  assert.equal(it.asked.length, 1);
});

test("a tab that is not there, or whose page nobody knows, asks; one that is not named is refused", async () => {
  const it = open();
  it.grant(browse("script"));
  assert.match((await it.browse({ action: "snapshot" })).said, /not said in which tab/);
  assert.match((await it.browse({ action: "navigate", url: site })).said, /not said in which tab/);
  assert.match((await it.browse({ action: "snapshot", targetId: tab })).said, /said no/);
  assert.match(it.asked.join(), /which page is in the tab is not known/);
  it.answerWith("once");
  const script = { action: "act", kind: "evaluate", fn: "1", targetId: tab };
  assert.match((await it.browse(script)).said, /no script is run in it/);
});

test("a yes for once leads the browser there for that one call", async () => {
  const it = open();
  it.answerWith("once");
  assert.match(it.broker.mayReach("example.org", 443) ?? "", /not granted/);
  const { id } = await it.browse(openSite);
  assert.equal(it.broker.mayReach("example.org", 443), null);
  for (const [host, port] of [
    ["example.org", 80],
    ["example.org", 8443],
    ["www.example.org", 443],
    ["127.0.0.1", 443],
    ["localhost", 80],
  ] as const)
    assert.notEqual(it.broker.mayReach(host, port), null, `${host}:${port}`);
  it.broker.close("agent:main:2", id);
  assert.equal(it.broker.mayReach("example.org", 443), null, "another conversation's call of the same name");
  const before = it.rechecks.length;
  it.broker.close(session, id);
  assert.equal(it.rechecks.length, before + 1, "what is on its way ends, too");
  assert.notEqual(it.broker.mayReach("example.org", 443), null);
  await it.browse(openSite);
  it.broker.stopAll();
  assert.notEqual(it.broker.mayReach("example.org", 443), null, "a panic ends it");
  await it.browse(openSite);
  it.pass(200_000);
  assert.notEqual(it.broker.mayReach("example.org", 443), null, "it does not last");
});

test("a yes for the conversation is a grant for it", async () => {
  const it = open();
  it.answerWith("session");
  it.tabs.set(tab, site);
  assert.equal((await it.browse(openSite)).said, "allow");
  assert.equal(it.broker.mayReach("example.org", 443), null);
  const again = await it.browse(openSite);
  assert.equal(again.said, "allow");
  assert.equal(it.asked.length, 1);
});

test("what was shown is what is done: a tab that leads elsewhere while the owner reads", async () => {
  const it = open();
  it.tabs.set(tab, site);
  it.answerWith(() => void it.tabs.set(tab, evil));
  const { said } = await it.browse({ action: "act", kind: "press", key: "a", targetId: tab });
  assert.match(said, /not do any more what was shown/);
  it.tabs.set(tab, site);
  it.answerWith(() => void it.grants.panic());
  assert.match((await it.browse(openSite)).said, /everything was stopped meanwhile/);
});

test("what is forbidden is neither opened nor reached, whoever is it that may not", async () => {
  const it = open();
  it.grant(browse("script"));
  assert.equal(it.broker.mayReach("example.org", 443), null);
  it.grant(browse("act"), { effect: "deny", callers: null });
  assert.equal(it.broker.mayReach("example.org", 443), null, "its pages may be read");
  it.grant(browse("read"), { effect: "deny", callers: ["cron:job7"] });
  assert.match(it.broker.mayReach("example.org", 443) ?? "", /forbids/);
  it.grant(browse("read"), { effect: "deny", callers: null });
  assert.match((await it.browse(openSite)).said, /forbids it/);
  assert.deepEqual(it.asked, []);
});

test("a result of a page that was not granted is kept back, and what was refused is told", async () => {
  const it = open();
  it.grant(browse("read"));
  const opened = await it.browse(openSite);
  it.tabs.set(tab, evil);
  it.refused.push("SmartClaw's Guardian did not let the browser reach cdn.evil.org, port 443: not granted");
  const { withheld, note } = it.broker.over(session, opened.id, tab);
  assert.match(withheld ?? "", /led to https:\/\/evil.org, which was not granted/);
  assert.match(note ?? "", /did not let the browser reach cdn.evil.org/);
  assert.deepEqual(it.broker.over(session, opened.id, tab), { withheld: null, note: null }, "told once");
  const cut = await it.browse(openSite);
  it.broker.stopAll();
  assert.match(it.broker.over(session, cut.id, null).withheld ?? "", /everything was stopped/);
  it.grant(browse("read", evil));
  const second = await it.browse(openSite);
  assert.equal(it.broker.over(session, second.id, tab).withheld, null);
});

test("a browser that does not start is told, and leads nowhere", async () => {
  const it = open();
  it.answerWith("once");
  it.failWith("The assistant's browser did not start (no memory).");
  assert.match((await it.browse(openSite)).said, /did not start \(no memory\)/);
  assert.notEqual(it.broker.mayReach("example.org", 443), null);
});

test("strangers and helpers of the assistant see and open nothing of the owner's", async () => {
  const it = open();
  it.grant(browse("read"));
  it.tabs.set(tab, site);
  const stranger = { session: "agent:main:telegram:direct:17", isOwner: false };
  for (const params of [openSite, { action: "tabs" }, { action: "snapshot", targetId: tab }])
    assert.match((await it.browse(params, stranger)).said, /only the owner/);
  assert.deepEqual(it.asked, []);
});

test("every call is written down with what it is before it is let through", async () => {
  const it = open();
  it.grant(browse("read"));
  await it.browse(openSite);
  const row = it.rows().at(-1);
  assert.deepEqual(
    [row?.kind, row?.body["text"], row?.body["decision"]],
    ["decision", `Open ${site}/page`, "allow"],
  );
});

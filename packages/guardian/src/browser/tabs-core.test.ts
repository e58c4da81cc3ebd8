import assert from "node:assert/strict";
import { test } from "node:test";
import { createTabs } from "./tabs-core.ts";

const info = (targetId: string, url: string, type = "page") => ({
  targetInfo: { targetId, url, type, title: `title of ${targetId}` },
});

test("tabs are pages of the web, with the origin of the document that they show", () => {
  const tabs = createTabs();
  assert.equal(tabs.heard("Target.targetCreated", info("AB12", "http://a.test/")), "AB12");
  assert.equal(tabs.heard("Target.targetInfoChanged", info("AB12", "http://b.test/")), null);
  assert.equal(tabs.heard("Target.targetCreated", info("W", "http://a.test/w.js", "worker")), null);
  tabs.heard("Target.targetCreated", info("UI", "chrome://omnibox-popup.top-chrome/", "browser_ui"));
  tabs.heard("Target.targetCreated", info("SET", "chrome://settings/"));
  // On its way to another server, it still shows the first one.
  tabs.shows("AB12", { url: "http://a.test/", securityOrigin: "http://a.test" });
  assert.deepEqual(tabs.list(), [{ id: "AB12", url: "http://a.test/", title: "title of AB12" }]);
  assert.equal(tabs.originOf("AB12"), "http://a.test");
  assert.equal(tabs.originOf("ab1"), "http://a.test");
  assert.equal(tabs.originOf(""), null);
  assert.equal(tabs.originOf("t1"), null);
  assert.ok(tabs.isOfPage("W") && !tabs.isTab("W") && !tabs.isOfPage("UI") && !tabs.isTab("SET"));
  tabs.shows("AB12", { url: "http://x.test/", securityOrigin: "http://x.test", parentId: "F" });
  assert.equal(tabs.originOf("AB12"), "http://a.test");
  tabs.shows("AB12", { url: "data:text/html,x", securityOrigin: "://" });
  assert.equal(tabs.originOf("AB12"), null);
  tabs.heard("Target.targetDestroyed", { targetId: "AB12" });
  assert.deepEqual(tabs.list(), []);
});

test("the one used last is only told of where it cannot be another origin's", () => {
  const tabs = createTabs();
  assert.equal(tabs.originOf(null), null);
  const open = (id: string, url: string, securityOrigin: string): void => {
    tabs.heard("Target.targetCreated", info(id, url));
    tabs.shows(id, { url, securityOrigin });
  };
  open("blank", "about:blank", "://");
  assert.equal(tabs.originOf(null), null);
  open("one", "http://a.test/1", "http://a.test");
  open("two", "http://a.test/2", "http://a.test");
  assert.equal(tabs.originOf(null), "http://a.test");
  open("three", "http://b.test/", "http://b.test");
  assert.equal(tabs.originOf(null), null);
  tabs.heard("Target.targetDestroyed", { targetId: "three" });
  tabs.heard("Target.targetCreated", info("four", "http://a.test/3"));
  assert.equal(tabs.originOf(null), null, "what a tab shows is not known yet");
  tabs.shows("four", { url: "data:text/html,x", securityOrigin: "://" });
  assert.equal(tabs.originOf(null), null);
});

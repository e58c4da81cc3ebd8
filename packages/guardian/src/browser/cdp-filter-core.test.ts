import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { answerFor, eventFor, isPageTarget, judgeCommand, type Params } from "./cdp-filter-core.ts";

const world = {
  isOfPage: (id: string) => id === "PAGE",
  objection: (host: string, port: number) =>
    host === "granted.test" && port !== 22 ? null : "it is not granted",
};
const judge = (method: string, params: Params = {}) => judgeCommand(method, params, world);

test("what reaches beyond pages is refused", () => {
  const refused: readonly [string, Params?][] = [
    ["Browser.close"],
    ["Browser.crash"],
    ["Browser.crashGpuProcess"],
    ["Browser.executeBrowserCommand", { commandId: "openTabSearch" }],
    ["Browser.grantPermissions", { permissions: ["geolocation"] }],
    ["Browser.getBrowserCommandLine"],
    ["Browser.setDockTile"],
    ["CacheStorage.requestEntries", { cacheId: "1" }],
    ["DOM.getFileInfo", { objectId: "1" }],
    ["DOM.setFileInputFiles", { files: ["/etc/passwd"] }],
    ["DOMStorage.getDOMStorageItems"],
    ["Debugger.enable"],
    ["Extensions.loadUnpacked", { path: "/tmp" }],
    ["FileSystem.getDirectory"],
    ["HeapProfiler.takeHeapSnapshot"],
    ["IO.read", { handle: "1" }],
    ["IndexedDB.requestDatabaseNames"],
    ["Input.dispatchDragEvent", { data: { items: [], files: ["/home/browser/chromium/Default/Cookies"] } }],
    ["Input.dispatchDragEvent", { data: { files: "/etc/passwd" } }],
    ["Memory.getDOMCounters"],
    ["Network.getAllCookies"],
    ["Network.getCookies", { urls: ["https://bank.test/"] }],
    ["Network.loadNetworkResource", { url: "file:///etc/passwd" }],
    ["Network.setCookie", { name: "a", value: "b", domain: "bank.test" }],
    ["Network.setCookies", { cookies: [] }],
    ["Network.setBlockedURLs"],
    ["Page.printToPDF", { transferMode: "ReturnAsStream" }],
    ["Page.setBypassCSP", { enabled: true }],
    ["Page.setDownloadBehavior", { behavior: "allow", downloadPath: "/tmp" }],
    ["Page.setDocumentContent", { html: "" }],
    ["Page.captureSnapshot"],
    ["Security.setIgnoreCertificateErrors", { ignore: true }],
    ["Security.setOverrideCertificateErrors", { override: true }],
    ["Storage.getCookies"],
    ["Storage.setCookies", { cookies: [] }],
    ["Storage.clearDataForOrigin", { origin: "https://bank.test", storageTypes: "all" }],
    ["SystemInfo.getInfo"],
    ["SystemInfo.getProcessInfo"],
    ["Target.attachToTarget", { targetId: "PAGE" }],
    ["Target.attachToTarget", { targetId: "PAGE", flatten: false }],
    ["Target.attachToTarget", { targetId: "OMNIBOX", flatten: true }],
    ["Target.autoAttachRelated", { targetId: "PAGE", waitForDebuggerOnStart: false }],
    ["Target.closeTarget", { targetId: "OMNIBOX" }],
    ["Target.createBrowserContext", { proxyServer: "http://evil.test:8080" }],
    ["Target.createBrowserContext", { disposeOnDetach: true, proxyBypassList: "*" }],
    ["Target.createBrowserContext", { originsWithUniversalNetworkAccess: ["https://granted.test"] }],
    ["Target.createTarget", { url: "https://granted.test/", forTab: true }],
    ["Target.exposeDevToolsProtocol", { targetId: "PAGE" }],
    ["Target.getTargetInfo", { targetId: "OMNIBOX" }],
    ["Target.openDevTools", { targetId: "PAGE" }],
    ["Target.sendMessageToTarget", { message: "{}", targetId: "PAGE" }],
    ["Target.setAutoAttach", { autoAttach: true, waitForDebuggerOnStart: false }],
    ["Target.setRemoteLocations", { locations: [{ host: "127.0.0.1", port: 9222 }] }],
    ["Tethering.bind", { port: 9222 }],
    ["Tracing.start"],
    ["Fetch.enable", { patterns: [{ urlPattern: "*", requestStage: "Response" }] }],
    ["Fetch.enable", { patterns: "all" }],
    ["Fetch.getResponseBody", { requestId: "1" }],
    ["Fetch.continueRequest", { requestId: "1", url: "https://evil.test/" }],
    ["Fetch.continueRequest", { requestId: "1", interceptResponse: true }],
    ["Fetch.fulfillRequest", { requestId: "1", responseCode: 200, body: "PGgxPg==" }],
    ["Fetch.continueWithAuth", { requestId: "1", authChallengeResponse: { response: "ProvideCredentials" } }],
    ["Fetch.continueWithAuth", { requestId: "1" }],
    ["__proto__"],
    ["constructor"],
    ["Runtime"],
    ["runtime.evaluate"],
    ["Runtime.evaluate "],
    [""],
  ];
  for (const [method, params] of refused) assert.equal(judge(method, params).type, "refuse", method);
});

test("only granted pages of the web are opened", () => {
  for (const method of ["Page.navigate", "Target.createTarget"]) {
    for (const url of [
      "file:///etc/passwd",
      "FILE:///etc/passwd",
      " file:///etc/passwd",
      "chrome://settings",
      "chrome-untrusted://print",
      "devtools://devtools/bundled/inspector.html",
      "view-source:http://granted.test/",
      "view-source:file:///etc/passwd",
      "data:text/html,<script>1</script>",
      "javascript:alert(1)",
      "blob:http://granted.test/1",
      "filesystem:http://granted.test/temporary/a",
      "ftp://granted.test/",
      "ws://granted.test/",
      "about:settings",
      "about:srcdoc",
      "http://evil.test/",
      "http://granted.test.evil.test/",
      "http://granted.test@evil.test/",
      "http://user:word@granted.test/",
      "http://granted.test:22/",
      "http:\\\\evil.test\\",
      "http://127.0.0.1/",
      "http://0x7f000001/",
      "http://[::1]/",
      "//granted.test/",
      "granted.test",
      { toString: () => "http://granted.test/" },
      ["http://granted.test/"],
      null,
      7,
    ])
      assert.equal(judge(method, { url }).type, "refuse", `${method} ${String(url)}`);
    assert.equal(judge(method, {}).type, "refuse");
    assert.deepEqual(judge(method, { url: "HTTP://GRANTED.TEST.:80/a b" }), {
      type: "pass",
      params: { url: "http://granted.test./a%20b" },
    });
    assert.deepEqual(judge(method, { url: "about:blank" }), { type: "pass", params: { url: "about:blank" } });
  }
});

test("what is asked for is made narrower where that is what a client needs", () => {
  assert.deepEqual(
    judge("Browser.setDownloadBehavior", {
      behavior: "allowAndName",
      downloadPath: "/root",
      browserContextId: "C",
      eventsEnabled: true,
    }),
    { type: "pass", params: { behavior: "deny", browserContextId: "C", eventsEnabled: true } },
  );
  for (const [method, params] of [
    ["Target.setAutoAttach", { autoAttach: true, waitForDebuggerOnStart: true, flatten: true, filter: [{}] }],
    ["Target.setDiscoverTargets", { discover: true, filter: [{ type: "browser_ui" }] }],
    ["Target.getTargets", {}],
  ] as const) {
    const verdict = judge(method, params);
    assert.ok(verdict.type === "pass");
    assert.deepEqual(verdict.params["filter"], [
      { type: "page" },
      { type: "iframe" },
      { type: "worker" },
      { type: "shared_worker" },
      { type: "service_worker" },
    ]);
  }
});

test("what OpenClaw does with pages passes as it is", () => {
  for (const [method, params] of [
    ["Runtime.evaluate", { expression: "1" }],
    ["Accessibility.getFullAXTree", { frameId: "F" }],
    ["Page.captureScreenshot", { format: "png" }],
    ["Input.dispatchMouseEvent", { type: "mousePressed", x: 1, y: 1 }],
    ["Input.dispatchDragEvent", { type: "drop", data: { items: [], dragOperationsMask: 1 } }],
    ["Fetch.enable", { patterns: [{ urlPattern: "*", requestStage: "Request" }], handleAuthRequests: true }],
    ["Fetch.continueRequest", { requestId: "1", headers: [] }],
    ["Fetch.fulfillRequest", { requestId: "1", responseCode: 204, body: "" }],
    ["Fetch.continueWithAuth", { requestId: "1", authChallengeResponse: { response: "CancelAuth" } }],
    ["Target.attachToTarget", { targetId: "PAGE", flatten: true }],
    ["Target.attachToBrowserTarget", {}],
    ["Target.createBrowserContext", { disposeOnDetach: true }],
  ] as const)
    assert.deepEqual(judge(method, params), { type: "pass", params }, method);
});

test("nothing but what is listed passes, whatever its name and parameters are", () => {
  fc.assert(
    fc.property(fc.string(), fc.dictionary(fc.string(), fc.jsonValue()), (method, params) => {
      const verdict = judge(method, params);
      assert.equal(verdict.type, "refuse");
    }),
  );
});

test("no parameter makes a page of the web out of anything else", () => {
  fc.assert(
    fc.property(fc.oneof(fc.webUrl(), fc.string(), fc.jsonValue()), (url) => {
      const verdict = judge("Page.navigate", { url });
      if (verdict.type === "pass") {
        const passed = String(verdict.params["url"]);
        assert.ok(passed === "about:blank" || new URL(passed).hostname === "granted.test");
      }
    }),
  );
});

test("events tell of pages only, and of no cookies", () => {
  const omnibox = { targetId: "O", type: "browser_ui", url: "chrome://omnibox-popup.top-chrome/" };
  assert.equal(eventFor("Target.targetCreated", { targetInfo: omnibox }), null);
  assert.equal(eventFor("Target.attachedToTarget", { sessionId: "S", targetInfo: omnibox }), null);
  assert.equal(eventFor("Target.receivedMessageFromTarget", { message: "{}" }), null);
  assert.ok(!isPageTarget({ type: "page", url: "chrome://settings/" }));
  assert.ok(!isPageTarget({ type: "page", url: "devtools://devtools/" }));
  assert.ok(!isPageTarget({ type: "tab", url: "http://granted.test/" }));
  assert.ok(!isPageTarget({ type: "page", url: "" }));
  assert.ok(isPageTarget({ type: "page", url: "", openerId: "PAGE" }));
  assert.ok(isPageTarget({ type: "page", url: "about:blank" }));
  const page = { targetId: "PAGE", type: "page", url: "http://granted.test/" };
  assert.deepEqual(answerFor("Target.getTargets", { targetInfos: [omnibox, page] }), { targetInfos: [page] });
  assert.deepEqual(answerFor("Target.getTargets", {}), { targetInfos: [] });
  assert.equal(answerFor("Page.enable", 7), 7);
  assert.deepEqual(
    eventFor("Network.requestWillBeSentExtraInfo", {
      requestId: "1",
      headers: { Cookie: "session=1", Accept: "*/*" },
      associatedCookies: [{ cookie: { name: "session", value: "1" } }],
    }),
    { requestId: "1", headers: { Accept: "*/*" }, associatedCookies: [] },
  );
  assert.deepEqual(
    eventFor("Network.responseReceivedExtraInfo", {
      headers: { "set-cookie": "session=1", server: "x" },
      headersText: "set-cookie: session=1",
      blockedCookies: [{}],
    }),
    { headers: { server: "x" }, headersText: "", blockedCookies: [] },
  );
});

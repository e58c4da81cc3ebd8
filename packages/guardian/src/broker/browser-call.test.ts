import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readBrowserCall } from "./browser-call.ts";

const tab = "0123456789ABCDEF0123456789ABCDEF";
const other = "F".repeat(32);
const read = (params: Record<string, unknown>) => {
  const found = readBrowserCall(params);
  return "refused" in found ? "refused" : found.call;
};
const does = (params: Record<string, unknown>): string => {
  const found = read(params);
  return found === "refused" ? found : found.does;
};
const act = (request: object, more: object = {}) => ({ action: "act", request, ...more });

test("each action means what it does", () => {
  for (const action of ["status", "start", "stop", "tabs", "focus", "close"])
    assert.equal(does({ action, targetId: tab }), "look", action);
  for (const action of ["snapshot", "screenshot", "console", "requests", "errors", "text", "pdf"])
    assert.deepEqual(read({ action, targetId: tab }), { does: "read", tab }, action);
  assert.equal(does({ action: "emulate", locale: "de" }), "act");
  assert.equal(does({ action: "dialog", accept: true, promptText: "x" }), "act");
  assert.deepEqual(read({ action: "snapshot" }), { does: "read", tab: null });
  const open = { does: "open", address: "https://example.org/", origin: "https://example.org" };
  assert.deepEqual(read({ action: "open", url: "https://example.org" }), { ...open, isNew: true, tab: null });
  assert.deepEqual(read({ action: "navigate", targetUrl: "https://example.org", targetId: tab }), {
    ...open,
    isNew: false,
    tab,
  });
});

test("an act is what its kind is, and a batch what the most of its parts is", () => {
  const kinds: Record<string, object> = {
    click: { ref: "e1", doubleClick: true, button: "left", modifiers: ["Control"] },
    clickCoords: { x: 1, y: 2 },
    type: { ref: "e1", text: "hello", submit: true },
    press: { key: "Enter" },
    hover: { ref: "e1" },
    scrollIntoView: { selector: "#x" },
    drag: { startRef: "e1", endRef: "e2" },
    select: { ref: "e1", values: ["a"] },
    fill: { fields: [{ ref: "e1", type: "text", value: "x" }] },
    resize: { width: 10, height: 10 },
  };
  for (const [kind, more] of Object.entries(kinds)) {
    assert.deepEqual(read(act({ kind, ...more, targetId: tab })), { does: "act", tab }, kind);
    assert.deepEqual(read({ action: "act", kind, ...more, targetId: tab }), { does: "act", tab }, kind);
    assert.deepEqual(read(act({ kind, ...more }, { targetId: tab })), { does: "act", tab }, kind);
  }
  assert.equal(does(act({ kind: "wait", timeMs: 5, text: "x" })), "read");
  assert.equal(does(act({ kind: "close" })), "look");
  assert.equal(does(act({ kind: "evaluate", fn: "() => 1" })), "script");
  assert.equal(
    does(act({ kind: "wait", fn: "() => fetch('/x')" })),
    "script",
    "a wait runs what it waits for",
  );
  const batch = (...actions: object[]) => does(act({ kind: "batch", actions }));
  assert.equal(batch({ kind: "wait", timeMs: 1 }), "read");
  assert.equal(batch({ kind: "wait", timeMs: 1 }, { kind: "press", key: "a" }), "act");
  assert.equal(
    batch({ kind: "press", key: "a" }, { kind: "batch", actions: [{ kind: "evaluate", fn: "x" }] }),
    "script",
  );
});

test("what leads to another browser, another tab or a file is refused", () => {
  for (const params of [
    { action: "snapshot", profile: "user" },
    { action: "snapshot", profile: "chrome" },
    { action: "snapshot", profile: "openclaw" },
    { action: "snapshot", profile: " smartclaw" },
    { action: "tabs", profile: "user" },
    { action: "status", target: "node" },
    { action: "status", target: "sandbox" },
    { action: "status", node: "n" },
    { action: "snapshot", dashboard: "d" },
    { action: "open", url: "https://example.org", label: tab },
    { action: "snapshot", targetId: "t1" },
    { action: "snapshot", targetId: tab.slice(1) },
    { action: "snapshot", targetId: tab.toLowerCase() },
    { action: "snapshot", targetId: ` ${tab}` },
    { action: "snapshot", targetId: [tab] },
    { action: "snapshot", target_id: tab },
    { action: "close", targetId: "t1" },
    { action: "profiles" },
    { action: "importprofile" },
    { action: "doctor" },
    { action: "upload", paths: ["/etc/passwd"], targetId: tab },
    { action: "download", ref: "e1", path: "x" },
    { action: "waitfordownload" },
    { action: "screenshot", path: "/tmp/x" },
    act({ kind: "press", key: "a", targetId: other }, { targetId: tab }),
    act({ kind: "press", key: "a", targetId: "t1" }),
    act({ kind: "batch", actions: [{ kind: "press", key: "a", targetId: other }], targetId: tab }),
  ])
    assert.equal(read(params), "refused", JSON.stringify(params));
});

test("what is not understood is refused", () => {
  for (const params of [
    {},
    { action: 7 },
    { action: "fly" },
    { action: "constructor" },
    { action: "__proto__" },
    { action: "Snapshot" },
    { action: "snapshot ", targetId: tab },
    { action: "snapshot", fn: "x" },
    { action: "snapshot", selector: ["a"] },
    { action: "open" },
    { action: "open", url: ["https://example.org"] },
    { action: "open", url: "https://example.org", targetUrl: "https://evil.org" },
    { action: "open", url: "https://127.0.0.1/" },
    { action: "open", url: "https://example.org", kind: "evaluate", fn: "x" },
    { action: "act" },
    { action: "act", kind: "fly" },
    { action: "act", kind: "toString" },
    { action: "act", kind: "click", fn: "x" },
    { action: "act", kind: "insertText", text: "x" },
    { action: "act", request: "click" },
    { action: "act", request: null, kind: "evaluate", fn: "x" },
    { action: "act", request: [{ kind: "click" }] },
    // OpenClaw would take what is not in the request from the call.
    { action: "act", request: { kind: "wait" }, fn: "() => 1" },
    { action: "act", request: { kind: "batch" }, actions: [{ kind: "evaluate", fn: "x" }] },
    act({ kind: "batch", actions: [] }),
    act({ kind: "batch", actions: ["click"] }),
    act({ kind: "batch", actions: [{ kind: "close" }, { kind: "fly" }] }),
    act({ kind: "batch", actions: Array.from({ length: 100 }, () => ({ kind: "press", key: "a" })) }),
    act({ kind: "type", ref: "e1", text: "x".repeat(20_000) }),
    act({ kind: "fill", fields: Array.from({ length: 90 }, () => ({ ref: "e", value: "x".repeat(1000) })) }),
    act({ kind: "fill", fields: [{ ref: "e1", file: "/etc/passwd" }] }),
  ])
    assert.equal(read(params), "refused", JSON.stringify(params).slice(0, 100));
});

test("the text shows every word of what is done", () => {
  const found = readBrowserCall(act({ kind: "type", ref: "e5", text: "se\u202ecret", submit: true }));
  assert.ok("text" in found);
  for (const word of ["type", "e5", "se\u202ecret", "submit"]) assert.ok(found.text.includes(word), word);
  const opened = readBrowserCall({ action: "open", url: "https://аррӏе.com/" });
  assert.equal("text" in opened && opened.text, "Open https://xn--80ak6aa92e.com/");
});

test("no word more makes a call mean less", () => {
  const rank = ["look", "read", "act", "script", "open", "refused"];
  const values = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(tab),
    fc.constant({}),
    fc.constant([]),
  );
  const names = fc.constantFrom(
    ..."fn kind actions request targetId url targetUrl profile target node label path paths ref x".split(" "),
  );
  fc.assert(
    fc.property(names, values, (name, value) => {
      const before = does({ action: "act", kind: "press", key: "a", targetId: tab });
      const after = does({ action: "act", kind: "press", key: "a", targetId: tab, [name]: value });
      assert.ok(rank.indexOf(after) >= rank.indexOf(before), `${name} ${JSON.stringify(value)}: ${after}`);
    }),
    { numRuns: 2000 },
  );
});

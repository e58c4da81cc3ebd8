import assert from "node:assert/strict";
import { test } from "node:test";
import { createBrowserWindows } from "./browser-windows.ts";

test("a window leads to its origins until its call is over, or should have been", () => {
  let now = 0;
  const windows = createBrowserWindows(() => now);
  windows.open("s", "c1", ["https://example.org"]);
  windows.open("t", "c1", ["https://other.example.org"]);
  assert.equal(windows.leadsTo("https://example.org"), true);
  assert.equal(windows.leadsTo("http://example.org"), false);
  // Whoever makes the model's answers names the calls: another conversation's call of the same name is another call.
  windows.close("t", "c1");
  assert.equal(windows.leadsTo("https://example.org"), true);
  assert.equal(windows.leadsTo("https://other.example.org"), false);
  windows.close("s", "c1");
  assert.equal(windows.leadsTo("https://example.org"), false);
  windows.open("s", "c2", ["https://example.org"]);
  now = 150_000;
  assert.equal(windows.leadsTo("https://example.org"), false);
  windows.open("s", "c3", ["https://example.org"]);
  windows.closeAll();
  assert.equal(windows.leadsTo("https://example.org"), false);
});

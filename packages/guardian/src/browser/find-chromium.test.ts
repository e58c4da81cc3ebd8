import assert from "node:assert/strict";
import { test } from "node:test";
import { findChromium } from "./find-chromium.ts";

const here =
  (...programs: string[]) =>
  (one: string) =>
    programs.includes(one);
const helpers = ["/usr/bin/bwrap", "/usr/bin/socat", "/bin/bash"];

test("the browser is found where only the administrator puts programs", () => {
  assert.deepEqual(findChromium("linux", here("/usr/lib/chromium/chromium", ...helpers)), {
    state: "found",
    program: "/usr/lib/chromium/chromium",
  });
  assert.deepEqual(findChromium("linux", here("/opt/google/chrome/chrome", ...helpers)), {
    state: "found",
    program: "/opt/google/chrome/chrome",
  });
});

test("what is missing is said with the command that brings it", () => {
  assert.deepEqual(findChromium("linux", here("/usr/bin/apt-get", ...helpers)), {
    state: "missing",
    message: "The assistant has no browser: chromium is not installed.",
    next: "Run: sudo apt-get install chromium",
  });
  assert.deepEqual(findChromium("linux", here("/usr/bin/chromium", "/usr/bin/dnf", "/bin/bash")), {
    state: "missing",
    message: "The assistant has no browser: chromium, bubblewrap, socat are not installed.",
    next: "Run: sudo dnf install chromium bubblewrap socat",
  });
  const { state } = findChromium("darwin", () => true);
  assert.equal(state, "missing");
});

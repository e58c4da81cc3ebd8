import assert from "node:assert/strict";
import { test } from "node:test";
import { providerOfKey } from "./key-provider.ts";

test("a key's prefix says whose it is", () => {
  const cases: [string, string | null][] = [
    ["sk-ant-api03-abc", "anthropic"],
    ["sk-proj-abc", "openai"],
    [" sk-abc ", "openai"],
    ["sk-or-v1-abc", "compatible"],
    [`AIza${"a".repeat(35)}`, "google"],
    ["gsk_abc", null],
    ["", null],
  ];
  for (const [key, kind] of cases) assert.equal(providerOfKey(key), kind, key);
});

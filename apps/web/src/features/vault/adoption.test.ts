import assert from "node:assert/strict";
import { test } from "node:test";
import type { Discovery, ImportStep } from "@smartclaw/contracts";
import { adoptionOf, adoptionSentence, isGone } from "./adoption.ts";

const where = "/home/ada/.openclaw/openclaw.json";
const found: Discovery = {
  id: "key-1",
  source: "openclaw-config",
  kind: "openai",
  label: `OpenAI key in ${where}`,
  where,
  baseUrl: "https://api.openai.com/v1",
  api: "openai-responses",
  model: null,
  hasKey: true,
};
const step = (outcome: ImportStep["outcome"], path = where): ImportStep => ({
  path,
  field: "models.providers.openai.apiKey",
  storedAs: null,
  outcome,
  detail: "",
});

test("a key is gone when it is gone from its backups too", () => {
  const clean = adoptionOf(found, [step("moved"), step("scrubbed", `${where}.bak`)], []);
  assert.equal(isGone(clean), true);
  assert.equal(adoptionSentence(clean), "It was removed from ~/.openclaw/openclaw.json.");
  for (const outcome of ["left", "failed"] as const) {
    const backup = adoptionOf(found, [step("moved"), step(outcome, `${where}.bak`)], []);
    assert.equal(isGone(backup), false, outcome);
    assert.equal(adoptionSentence(backup), "It was removed from ~/.openclaw/openclaw.json.");
  }
});

test("what SmartClaw sees when it looks again counts, whatever it did; local servers are no keys", () => {
  const server = { ...found, id: "ollama@127.0.0.1:11434", hasKey: false };
  const again = adoptionOf(found, [step("moved")], [found, { ...found, id: "key-2" }, server]);
  assert.deepEqual([again.stillThere, again.others, isGone(again)], [true, 1, false]);
  assert.match(adoptionSentence(again), /^It still stands in ~\/\.openclaw\/openclaw\.json, .* yourself\.$/);
  const variable = adoptionOf({ ...found, source: "environment" }, [step("left")], [found]);
  assert.match(adoptionSentence(variable), /remove the variable from your shell's profile\.$/);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { npmKeys } from "./npm-keys.ts";
import { createSignatureJudge } from "./registry-signatures.ts";

test("npm's keys travel with SmartClaw, and one at least is in use", () => {
  const keys = npmKeys();
  const current = keys.filter(({ expires }) => expires === null || Date.parse(expires) > Date.now());
  assert.ok(current.length > 0);
  assert.equal(new Set(keys.map(({ keyid }) => keyid)).size, keys.length);
});

test("with them, what npm signed is signed", () => {
  // https://registry.npmjs.org/@hypercarrier/rarebit/0.1.0-alpha.4
  const one = {
    name: "@hypercarrier/rarebit",
    version: "0.1.0-alpha.4",
    integrity:
      "sha512-x4CzTUQX9xwdsJzLJqIlghkfypOjwEHj0ScJXWhrdE/HyB9ISTG/vobaaWFX51tWSekSH3bczVOVSksNxH7Ixw==",
  };
  const signatures = [
    {
      keyid: "SHA256:DhQ8wR5APBvFHLF/+Tc+AYvPOdTpcIDqOhxsBHRwC7U",
      sig: "MEUCIQCWX+aVCWOPantTtYewNNmc3Sw6soihJp5O6GjlzrSMtwIgIZ7eXfxUMiinVUzyE5ks2t6mP80E0DqahGLx7NOnPoI=",
    },
  ];
  const judge = createSignatureJudge(npmKeys(), Date.parse("2026-11-01T00:00:00Z"));
  assert.equal(judge(one, { integrity: one.integrity, signatures, attested: false }), "signed");
});

import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { type RegistryKey, registryKey } from "./registry-key.ts";
import { createSignatureJudge } from "./registry-signatures.ts";

/** npm's own keys, as https://registry.npmjs.org/-/npm/v1/keys gave them in 2026. */
const npmKeys: RegistryKey[] = [
  {
    expires: "2025-01-29T00:00:00.000Z",
    keyid: "SHA256:jl3bwswu80PjjokCgh0o2w5c2U4LhQAE57gj9cz1kzA",
    key: "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE1Olb3zMAFFxXKHiIkQO5cJ3Yhl5i6UPp+IhuteBJbuHcA5UogKo0EWtlWwW6KSaKoTNEYL7JlCQiVnkhBktUgg==",
  },
  {
    expires: null,
    keyid: "SHA256:DhQ8wR5APBvFHLF/+Tc+AYvPOdTpcIDqOhxsBHRwC7U",
    key: "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEY6Ya7W++7aUPzvMTrezH6Ycx3c+HOKYCcNGybJZSCJq/fd7Qa8uuAKtdIkUQtQiEKERhAmE5lMMJhP8OkDOa2g==",
  },
];
const [oldKey, newKey] = npmKeys as [RegistryKey, RegistryKey];
/** Signatures that npm made. */
const published = {
  before: {
    name: "@pulumi/pulumi",
    version: "3.116.1",
    integrity:
      "sha512-Haweoa0O94MG+czV7+lcYJKunRCBxSz8VoHY23JWoCASWSc3i7/h4U8ejZB88GnrrRRQSihnKVCuz4Mb5Ngm+A==",
    sig: "MEQCIHDRPDKsVOQV7TvjvCJ7IWETqK35d8tfyesh1X7SCKKJAiAFfjVGFCIxAeu1eeZoO+H9kM8Lc/MWWsEyDGStbX/Q6g==",
    keyid: oldKey.keyid,
  },
  after: {
    name: "@hypercarrier/rarebit",
    version: "0.1.0-alpha.4",
    integrity:
      "sha512-x4CzTUQX9xwdsJzLJqIlghkfypOjwEHj0ScJXWhrdE/HyB9ISTG/vobaaWFX51tWSekSH3bczVOVSksNxH7Ixw==",
    sig: "MEUCIQCWX+aVCWOPantTtYewNNmc3Sw6soihJp5O6GjlzrSMtwIgIZ7eXfxUMiinVUzyE5ks2t6mP80E0DqahGLx7NOnPoI=",
    keyid: newKey.keyid,
  },
};
const in2024 = Date.parse("2024-06-01T00:00:00Z");
const in2026 = Date.parse("2026-11-01T00:00:00Z");

for (const [what, one, keys, now, state] of [
  ["a key in use", published.after, npmKeys, in2026, "signed"],
  ["a key that was in use then", published.before, npmKeys, in2024, "signed"],
  ["the same key, now that it has expired", published.before, npmKeys, in2026, "expired"],
  ["a key that is not known yet", published.after, [oldKey], in2026, "unknown-key"],
  ["no key at all", published.after, [], in2026, "unknown-key"],
  [
    "a key of the same name that is another",
    published.after,
    [{ ...newKey, key: oldKey.key }],
    in2026,
    "wrong-signature",
  ],
] as const)
  test(`what npm signed, by ${what}: ${state}`, () => {
    const { integrity, keyid, sig } = one;
    const facts = { integrity, signatures: [{ keyid, sig }], attested: false };
    assert.equal(createSignatureJudge(keys, now)(one, facts), state);
  });

/** A registry's key with its other half. */
function newSigner(expires: string | null = null) {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = {
    keyid: `SHA256:${Math.random()}`,
    key: publicKey.export({ format: "der", type: "spki" }).toString("base64"),
    expires,
  };
  const signature = (message: string) => ({
    keyid: key.keyid,
    sig: sign("sha256", Buffer.from(message), privateKey).toString("base64"),
  });
  return { key, signature };
}
const one = { name: "a", version: "1.0.0", integrity: published.after.integrity };
const message = `a@1.0.0:${one.integrity}`;
const current = newSigner();
const expired = newSigner("2025-01-01T00:00:00.000Z");
const stranger = newSigner();
const judge = createSignatureJudge([current.key, expired.key], in2026);

for (const [what, signatures, state] of [
  ["none", [], "unsigned"],
  [
    "a known and an unknown key, while keys are changed",
    [stranger.signature(message), current.signature(message)],
    "signed",
  ],
  ["an expired and a current key", [expired.signature(message), current.signature(message)], "signed"],
  ["an expired and an unknown key", [stranger.signature(message), expired.signature(message)], "expired"],
  ["a right and a wrong one", [current.signature(message), expired.signature("else")], "wrong-signature"],
  ["one for another version", [current.signature(`a@1.0.1:${one.integrity}`)], "wrong-signature"],
  ["one for another package", [current.signature(`b@1.0.0:${one.integrity}`)], "wrong-signature"],
  ["one for another file", [current.signature(`a@1.0.0:${published.before.integrity}`)], "wrong-signature"],
  ["an empty one", [{ keyid: current.key.keyid, sig: "" }], "wrong-signature"],
] as const)
  test(`signatures: ${what}: ${state}`, () => {
    assert.equal(judge(one, { integrity: one.integrity, signatures, attested: false }), state);
  });

test("the registry's own words about the hash have to be the list's", () => {
  for (const integrity of [undefined, published.before.integrity])
    assert.equal(
      judge(one, { integrity, signatures: [current.signature(message)], attested: true }),
      "other-file",
    );
});

test("no bytes but the right ones are a signature", () => {
  const right = Buffer.from(current.signature(message).sig, "base64");
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 80 }),
        fc.tuple(fc.nat(right.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, flip]) => {
          const changed = Uint8Array.from(right);
          changed[at] = (changed[at] ?? 0) ^ flip;
          return changed;
        }),
      ),
      (bytes) => {
        const signatures = [{ keyid: current.key.keyid, sig: Buffer.from(bytes).toString("base64") }];
        assert.equal(
          judge(one, { integrity: one.integrity, signatures, attested: false }),
          "wrong-signature",
        );
      },
    ),
  );
});

test("a key that is not one for P-256 is a fault, not a key that vouches for nothing", () => {
  const { publicKey } = generateKeyPairSync("ed25519");
  const other = publicKey.export({ format: "der", type: "spki" }).toString("base64");
  for (const key of ["", "bm90IGEga2V5", other])
    assert.throws(() => createSignatureJudge([{ ...current.key, key }], in2026), { code: "INTERNAL" });
});

test("the registry's form of its keys can be given as it is", () => {
  const kind = { keytype: "ecdsa-sha2-nistp256", scheme: "ecdsa-sha2-nistp256" };
  assert.deepEqual(registryKey.parse({ ...oldKey, ...kind }), oldKey);
  assert.equal(registryKey.safeParse({ ...oldKey, expires: "soon" }).success, false);
});

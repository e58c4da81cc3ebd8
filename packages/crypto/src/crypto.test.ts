import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { gcm } from "@noble/ciphers/aes.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import fc from "fast-check";
import { associatedData, deriveKey, entropyOf, envelopeOverhead, open, phraseOf, seal } from "./index.ts";

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));
const random = (length: number): Uint8Array => Uint8Array.from(randomBytes(length));
const key = fc.uint8Array({ minLength: 32, maxLength: 32 });

interface Vectors<T> {
  testGroups: readonly (T & { tests: readonly Record<string, string | number>[] })[];
}

function wycheproof<T>(name: string): Vectors<T> | null {
  const shared = process.env["SMARTCLAW_SHARED"] ?? new URL("../../../../shared", import.meta.url).pathname;
  try {
    return JSON.parse(readFileSync(`${shared}/data/vectors/wycheproof/${name}`, "utf8")) as Vectors<T>;
  } catch {
    return null;
  }
}

test("an envelope opens with its key and binding only", () => {
  fc.assert(
    fc.property(key, fc.uint8Array(), fc.array(fc.string()), fc.nat(), (secret, plaintext, fields, flip) => {
      const bound = associatedData("test", ...fields);
      const envelope = seal(secret, plaintext, bound, random);
      assert.equal(envelope.length, plaintext.length + envelopeOverhead);
      assert.deepEqual(open(secret, envelope, bound), plaintext);
      assert.equal(open(secret, envelope, associatedData("test", ...fields, "x")), null);
      const damaged = Uint8Array.from(envelope);
      const position = flip % damaged.length;
      damaged[position] = (damaged[position] ?? 0) ^ (1 << (flip % 8));
      assert.equal(open(secret, damaged, bound), null);
    }),
  );
});

test("different fields never give the same binding", () => {
  fc.assert(
    fc.property(fc.array(fc.string()), fc.array(fc.string()), (a, b) => {
      const same = a.length === b.length && a.every((field, index) => field === b[index]);
      const equal = Buffer.compare(associatedData("p", ...a), associatedData("p", ...b)) === 0;
      assert.equal(equal, same);
    }),
  );
});

test("an envelope that is cut short is refused, at every length", () => {
  const envelope = seal(random(32), random(20), associatedData("t"), random);
  for (let length = 0; length < envelope.length; length++)
    assert.equal(open(random(32), envelope.subarray(0, length), associatedData("t")), null);
});

test("the cipher answers NIST's GCM test case 16 (AES-256 with associated data)", () => {
  const cipher = gcm(
    bytes("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"),
    bytes("cafebabefacedbaddecaf888"),
    bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
  );
  const plaintext = bytes(
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
  );
  const expected =
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b";
  assert.equal(Buffer.from(cipher.encrypt(plaintext)).toString("hex"), expected);
});

test("the cipher agrees with Wycheproof's AES-256-GCM vectors", (t) => {
  const vectors = wycheproof<{ keySize: number; ivSize: number; tagSize: number }>("aes_gcm_test.json");
  if (vectors === null) return t.skip("the shared vectors are not on this machine");
  let count = 0;
  for (const group of vectors.testGroups.filter(
    (g) => g.keySize === 256 && g.ivSize === 96 && g.tagSize === 128,
  ))
    for (const v of group.tests) {
      const envelope = bytes(`01${v["iv"]}${v["ct"]}${v["tag"]}`);
      // The envelope binds framed fields; the vectors bind raw bytes, so `open` is given those.
      const opened = open(bytes(String(v["key"])), envelope, bytes(String(v["aad"])));
      assert.equal(opened === null ? "invalid" : "valid", v["result"], `tcId ${v["tcId"]}`);
      if (opened !== null) assert.equal(Buffer.from(opened).toString("hex"), v["msg"]);
      count++;
    }
  assert.ok(count > 50);
});

test("HKDF answers RFC 5869 test case 1", () => {
  const okm = hkdf(
    sha256,
    bytes("0b".repeat(22)),
    bytes("000102030405060708090a0b0c"),
    bytes("f0f1f2f3f4f5f6f7f8f9"),
    42,
  );
  const expected = "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865";
  assert.equal(Buffer.from(okm).toString("hex"), expected);
});

test("keys of different purposes differ", () => {
  fc.assert(
    fc.property(key, fc.string(), fc.string(), (parent, a, b) => {
      fc.pre(a !== b);
      assert.notDeepEqual(deriveKey(parent, a), deriveKey(parent, b));
    }),
  );
});

test("a recovery phrase comes back from how people type it", () => {
  fc.assert(
    fc.property(key, (entropy) => {
      const phrase = phraseOf(entropy);
      assert.equal(phrase.split(" ").length, 24);
      assert.deepEqual(entropyOf(`  ${phrase.toUpperCase().replaceAll(" ", ",\n 1. ")} `), entropy);
      const words = phrase.split(" ");
      assert.equal(entropyOf(words.slice(1).join(" ")), null);
    }),
    { numRuns: 20 },
  );
  // BIP-39's own vector for 32 zero bytes.
  assert.equal(phraseOf(new Uint8Array(32)), `${"abandon ".repeat(23)}art`);
  assert.equal(entropyOf("abandon ".repeat(24)), null);
});

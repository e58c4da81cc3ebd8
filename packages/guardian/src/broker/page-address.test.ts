import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { objectionToOrigin } from "../grants/origin.ts";
import { readPageAddress } from "./page-address.ts";

const read = (text: string): string => {
  const found = readPageAddress(text);
  return "objection" in found ? "refused" : found.href;
};

test("a plain address is opened, and shown as URL writes it", () => {
  for (const [text, href] of [
    ["https://example.org", "https://example.org/"],
    ["http://example.org/a?b=c#d", "http://example.org/a?b=c#d"],
    ["https://Example.ORG:443/", "https://example.org/"],
    ["http://example.org:80", "http://example.org/"],
    ["https://example.org:/", "https://example.org/"],
    ["https://exämple.org/ü", "https://xn--exmple-cua.org/%C3%BC"],
    ["https://xn--exmple-cua.org/", "https://xn--exmple-cua.org/"],
    ["https://example.org/a@b", "https://example.org/a@b"],
    // Cyrillic letters: the card shows what the eye does not see.
    ["https://аррӏе.com/", "https://xn--80ak6aa92e.com/"],
  ] as const)
    assert.equal(read(text), href, text);
});

test("what leads elsewhere than it reads, or into this computer, is refused", () => {
  for (const text of [
    "",
    "example.org",
    "//example.org/",
    "ftp://example.org/",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "data:text/html,x",
    "about:blank",
    "chrome://settings",
    "view-source:https://example.org/",
    "HTTPS://example.org/",
    "https:/example.org/",
    "https:example.org",
    "https:\\\\example.org\\",
    "https://example.org\\@evil.org/",
    "https://user@evil.org/",
    "https://example.org:pw@evil.org/",
    "https://example.org:8443/",
    "http://example.org:443/",
    "https://example.org:80/",
    "https://%65xample.org/",
    "https://exa\u00admple.org/",
    "https://example。org/",
    "https://ｅxample.org/",
    "https://example.org./",
    "https://localhost/",
    "https://app.localhost/",
    "https://printer.local/",
    "https://router.home.arpa/",
    "https://router/",
    "https://127.0.0.1/",
    "https://0x7f.1/",
    "https://2130706433/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://１２７.0.0.1/",
    "https://ex ample.org/",
    "https://ex_ample.org/",
    "https://example.org/a b",
    "https://example.org/\t",
    "https://example.org/\n",
    " https://example.org/",
    "https://example.org/\u202egpj.exe",
    "https://example.org/\u200b",
    `https://example.org/${"x".repeat(4096)}`,
    `https://${"a.".repeat(130)}org/`,
  ])
    assert.equal(read(text), "refused", text);
});

test("whatever is opened is of an origin that can be granted, and reads again as itself", () => {
  const piece = fc.constantFrom(
    ..."https:// http:// example.org evil.org @ : / \\ ? # . 127.0.0.1 localhost :443 :1 % ä 。 \t \u200b".split(
      " ",
    ),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const found = readPageAddress(`https://${pieces.join("")}`);
      if ("objection" in found) return;
      assert.equal(objectionToOrigin(found.origin), null);
      assert.deepEqual(readPageAddress(found.href), found);
    }),
    { numRuns: 3000 },
  );
});

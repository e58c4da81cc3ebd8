import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { directionRuns, hiddenCount, visibleString, visibleText } from "./visible-text.ts";

/** The text that the segments were made of. */
function original(text: string): string {
  return visibleText(text)
    .map((segment) =>
      segment.hidden
        ? segment.text.replace(/<U\+([0-9A-F]+)>/g, (_, code: string) =>
            String.fromCodePoint(Number.parseInt(code, 16)),
          )
        : segment.text,
    )
    .join("");
}

const nasty = [
  "\u202e",
  "\u2066",
  "\u200b",
  "\u200d",
  "\ufe0f",
  "\u{e0041}",
  "\u00a0",
  "\u3000",
  "\u2800",
  "\u3164",
  "\u00ad",
  "\u0007",
  "\u001b[31m",
  "\r",
  "\t",
  "\n",
  "\u0336",
  "\u0301",
  "\ud800",
  "\udc00",
  "<U+202E>",
  "rm -rf /",
  "é",
  "🦞",
  "שלום",
];
const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 60 })
    .map((units) => String.fromCharCode(...units)),
  fc.array(fc.constantFrom(...nasty), { maxLength: 30 }).map((parts) => parts.join("")),
);

test("nothing is lost", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      assert.equal(original(text), text);
      assert.equal(
        visibleText(text)
          .map((segment) => segment.text)
          .join(""),
        visibleString(text),
      );
    }),
    { numRuns: 3000 },
  );
});

test("nothing invisible stays, and a code is written with what everybody can read", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      for (const segment of visibleText(text))
        if (segment.hidden) assert.match(segment.text, /^(?:<U\+[0-9A-F]{4,6}>)+$/);
        else
          for (const one of segment.text) {
            assert.match(one, /^[\p{L}\p{M}\p{N}\p{P}\p{S}\n ]$/u);
            assert.doesNotMatch(one, /\p{Default_Ignorable_Code_Point}|\p{Me}/u);
          }
    }),
    { numRuns: 3000 },
  );
});

test("what deceives is shown; what is written in any language stays", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["rm \u202egpj.exe", "rm <U+202E>gpj.exe"],
    ["a\r\nb", "a<U+000D>\nb"],
    ["a\tb", "a<U+0009>b"],
    ["\u001b[2K", "<U+001B>[2K"],
    ["ls\u00a0-l", "ls<U+00A0>-l"],
    ["a\u2028b\u0085c", "a<U+2028>b<U+0085>c"],
    ["x\u{e0073}\u{e0068}", "x<U+E0073><U+E0068>"],
    ["❤\ufe0f", "❤<U+FE0F>"],
    ["safe\u0336", "safe<U+0336>"],
    ["\ud83d", "<U+D83D>"],
    ["Grüße, Ελλάδα, 東京, नमस्ते, ภาษา, 🦞", "Grüße, Ελλάδα, 東京, नमस्ते, ภาษา, 🦞"],
    ["e\u0301\u0301\u0301\u0301\u0301", "e\u0301\u0301\u0301\u0301<U+0301>"],
  ];
  for (const [text, seen] of cases) assert.equal(visibleString(text), seen);
  assert.equal(hiddenCount("a\u202e\u{e0041}b\r"), 3);
  assert.equal(hiddenCount("plain text\nof two lines"), 0);
});

test("words from right to left stand apart from what surrounds them", () => {
  assert.deepEqual(directionRuns("/home/שלום/12"), ["/home/", "שלום", "/12"]);
  assert.deepEqual(directionRuns("plain"), ["plain"]);
  fc.assert(fc.property(anyText, (text) => assert.equal(directionRuns(text).join(""), text)));
});

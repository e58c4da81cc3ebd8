/**
 * Text as it is, for a decision: what cannot be seen, or moves what can, stands there as its code point.
 * Trojan Source (CVE-2021-42574) and Unicode Technical Standard 39 say what such text can do.
 */

export interface Segment {
  readonly text: string;
  /** Whether `text` holds codes like `<U+202E>` in place of characters. */
  readonly hidden: boolean;
}

/**
 * Everything but letters, marks, digits, punctuation, symbols, the blank and the line feed; and of those the ones that
 * show nothing (fillers, selectors, the empty braille cell), strike others out or surround them, or pile up on them.
 */
const unseen =
  /(?:(?![\n ])[\u{16fe4}\u{1d159}\u2800\ufffc\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]|[\p{Me}\u0334-\u0338\u20d2\u20d3\u20d8-\u20da\u20e5\u20e6\u20ea\u20eb]|(?<=\p{M}{4})\p{M})+/gu;

function codesOf(characters: string): string {
  return Array.from(
    characters,
    (one) => `<U+${(one.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}>`,
  ).join("");
}

/** The text in order, nothing left out. A line feed stays; a carriage return and a tab are shown. */
export function visibleText(text: string): readonly Segment[] {
  const segments: Segment[] = [];
  let done = 0;
  for (const { 0: found, index } of text.matchAll(unseen)) {
    if (index > done) segments.push({ text: text.slice(done, index), hidden: false });
    segments.push({ text: codesOf(found), hidden: true });
    done = index + found.length;
  }
  if (done < text.length) segments.push({ text: text.slice(done), hidden: false });
  return segments;
}

/** The same as one text, for where there is no markup: names of buttons, the search. */
export function visibleString(text: string): string {
  return text.replace(unseen, codesOf);
}

/** How many characters cannot be seen. */
export function hiddenCount(text: string): number {
  return [...text.matchAll(unseen)].reduce((sum, [found]) => sum + Array.from(found).length, 0);
}

/** Hebrew, Arabic and all others that are written from right to left, by the blocks that Unicode keeps for them. */
const rightToLeft = /([\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]+)/u;

/**
 * Text cut where its direction changes, every second part from right to left. Each of those is shown apart from what
 * surrounds it: a word of Hebrew must not carry the slash or the number beside it to its other side.
 */
export function directionRuns(text: string): readonly string[] {
  return text.split(rightToLeft);
}

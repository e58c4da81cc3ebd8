/**
 * Text that looks other than it is. What a person reads before they agree must be what runs, so such text is refused
 * before anybody is asked (Trojan Source, CVE-2021-42574; Unicode Technical Standard 39).
 */

interface Deception {
  readonly what: string;
  readonly pattern: RegExp;
}

const deceptions: readonly Deception[] = [
  // Tab and line feed are what shells know as blank and as end of a command.
  { what: "control characters", pattern: /(?![\t\n])\p{Cc}/u },
  {
    what: "characters that change the direction of text",
    pattern: /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u,
  },
  {
    what: "invisible characters",
    pattern: /(?!\u200d|\ufe0f)\p{Default_Ignorable_Code_Point}|[\ufff9-\ufffb]/u,
  },
  // These two join the parts of one emoji, and are invisible anywhere else.
  {
    what: "invisible characters",
    pattern:
      /(?<![\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f])\u200d|\u200d(?!\p{Extended_Pictographic})|(?<!\p{Emoji})\ufe0f/u,
  },
  {
    what: "blanks that are none",
    pattern: /[\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u2800\u3000]/u,
  },
  { what: "halves of characters", pattern: /\p{Cs}/u },
  { what: "blanks that push code out of sight", pattern: /[ \t]{200}[ \t]*\S|(?:[ \t]*\n){40}\s*\S/u },
];

/** What about a text deceives whoever reads it, in words; empty when nothing does. */
export function deceptionsIn(text: string): readonly string[] {
  const found = deceptions.filter(({ pattern }) => pattern.test(text)).map(({ what }) => what);
  return [...new Set(found)];
}

/** Dashes and quotation marks that shells take for ordinary characters. */
const lookalikeDash = /^[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]/u;

/** Whether a word begins like an option, and is none. */
export function looksLikeOption(word: string): boolean {
  return lookalikeDash.test(word);
}

/** Whether a program's name is written with letters that are not those of programs. */
export function hasForeignLetters(name: string): boolean {
  return /(?![A-Za-z0-9])[\p{L}\p{M}\p{N}]/u.test(name);
}

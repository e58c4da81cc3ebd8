/** The words of a program and its arguments, as people write them in a line and as they are once quotes are gone. */

/** `git commit -m 'two words'`: each word stands so that it cannot be taken for two, or for another. */
export function writtenWords(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w@%+=:,./~^-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(" ");
}

/** What `writtenWords` and people write; null when a quote is left open. Nothing in it is ever replaced. */
export function readWords(line: string): readonly string[] | null {
  const words: string[] = [];
  let word: string | null = null;
  let quote: string | null = null;
  const characters = line[Symbol.iterator]();
  for (const one of characters) {
    if (quote !== null) {
      if (one === quote) quote = null;
      else word = (word ?? "") + one;
    } else if (one === "'" || one === '"') {
      quote = one;
      word ??= "";
    } else if (one === "\\") {
      const { value, done } = characters.next();
      if (done === true) return null;
      word = (word ?? "") + value;
    } else if (/\s/.test(one)) {
      if (word !== null) words.push(word);
      word = null;
    } else word = (word ?? "") + one;
  }
  if (quote !== null) return null;
  if (word !== null) words.push(word);
  return words;
}

/** What shows nothing, or moves what does: everything but letters, marks, digits, punctuation, symbols and the blank. */
const unseen = /(?! )[\u2800\ufffc\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/gu;

/** Text that others wrote, for one line: what cannot be seen in it stands there as its code point, like `<U+202E>`. */
export function visible(text: string): string {
  return text.replace(
    unseen,
    (one) => `<U+${(one.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}>`,
  );
}

/** A piece of a sentence; `code` is what a program or a stranger wrote, and is shown as such. */
export interface Part {
  readonly text: string;
  readonly code: boolean;
}

export function plain(text: string): Part {
  return { text, code: false };
}

export function code(text: string): Part {
  return { text, code: true };
}

export function textOf(parts: readonly Part[]): string {
  return parts.map(({ text }) => text).join("");
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(items: readonly (readonly Part[])[]): readonly Part[] {
  return items.flatMap((item, index) => {
    if (index === 0) return item;
    return [plain(index === items.length - 1 ? " and " : ", "), ...item];
  });
}

/** With a capital at the start, as a sentence has it. */
export function sentence(text: string): string {
  return text.replace(/^\p{Ll}/u, (first) => first.toUpperCase());
}

/** The same for parts; what a program or a stranger wrote stays as it is. */
export function sentenceParts(parts: readonly Part[]): readonly Part[] {
  return parts.map((part, index) => (index === 0 && !part.code ? plain(sentence(part.text)) : part));
}

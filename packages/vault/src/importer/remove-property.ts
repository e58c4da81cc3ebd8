import { isDeepStrictEqual } from "node:util";
import JSON5 from "json5";

type Json = Readonly<Record<string, unknown>>;

/**
 * Takes one property out of a JSON or JSON5 text and leaves every other byte, comments included, as it is. Null when
 * that cannot be done so that the rest means exactly the same; then the caller leaves the text alone.
 * @param value the property's text value, to find its place
 */
export function removeProperty(text: string, path: readonly string[], value: string): string | null {
  let before: unknown;
  try {
    before = JSON5.parse(text);
  } catch {
    return null;
  }
  const wanted = without(before, path);
  for (let at = text.indexOf(value); at !== -1; at = text.indexOf(value, at + 1)) {
    const end = at + value.length;
    const quote = text[at - 1];
    if ((quote !== '"' && quote !== "'") || text[end] !== quote) continue;
    const head = /,?\s*(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[\w$]+)\s*:\s*$/.exec(text.slice(0, at - 1));
    if (head === null) continue;
    const tail = /^\s*,/.exec(text.slice(end + 1));
    const leadingComma = head[0].startsWith(",");
    const cutFrom = leadingComma && tail !== null ? head.index + 1 : head.index;
    const cutTo = end + 1 + (tail?.[0].length ?? 0);
    const result = text.slice(0, cutFrom) + text.slice(cutTo);
    if (means(result, wanted)) return result;
  }
  return null;
}

function means(text: string, wanted: unknown): boolean {
  try {
    return isDeepStrictEqual(JSON5.parse(text), wanted);
  } catch {
    return false;
  }
}

function without(value: unknown, path: readonly string[]): unknown {
  const [name, ...rest] = path;
  if (name === undefined || typeof value !== "object" || value === null) return value;
  const { [name]: child, ...others } = value as Json;
  if (rest.length === 0) return others;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, key === name ? without(child, rest) : one]),
  );
}

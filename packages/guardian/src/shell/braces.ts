/** More would say nothing to anybody. */
const mostWords = 200;

/**
 * Brace expansion (`bash(1)`, Brace Expansion) of text without quotes and expansions.
 * @returns null when there would be too many words, or where braces that mean something stand beside some that do not:
 * of those bash makes what nobody expects
 */
export function expandBraces(text: string): readonly string[] | null {
  if (!/[{}]/.test(text)) return [text];
  if (!/,|\.\./.test(text)) return [text];
  const open = text.indexOf("{");
  const close = open < 0 ? -1 : closing(text, open);
  if (close < 0 || text.slice(0, open).includes("}")) return null;
  const inner = alternatives(text.slice(open + 1, close));
  const rest = expandBraces(text.slice(close + 1));
  if (inner === null || rest === null || /^[^{]*\}/.test(text.slice(close + 1))) return null;
  const words: string[] = [];
  for (const one of inner) {
    const expanded = expandBraces(one);
    if (expanded === null || (/[{}]/.test(one) && !/,|\.\./.test(one))) return null;
    words.push(...expanded);
    if (words.length > mostWords) return null;
  }
  if (/[{}]/.test(text.slice(close + 1)) && !/,|\.\./.test(text.slice(close + 1))) return null;
  return crossed(
    words.map((word) => text.slice(0, open) + word),
    rest,
  );
}

function crossed(first: readonly string[], second: readonly string[]): readonly string[] | null {
  if (first.length * second.length > mostWords) return null;
  return first.flatMap((start) => second.map((end) => start + end));
}

function closing(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at += 1) {
    if (text[at] === "{") depth += 1;
    if (text[at] === "}" && (depth -= 1) === 0) return at;
  }
  return -1;
}

/** What stands between commas, or the members of a sequence; null when the braces mean themselves. */
function alternatives(inner: string): readonly string[] | null {
  const parts: string[] = [];
  let [depth, start] = [0, 0];
  for (let at = 0; at <= inner.length; at += 1) {
    if (inner[at] === "{") depth += 1;
    if (inner[at] === "}") depth -= 1;
    if (at < inner.length && (inner[at] !== "," || depth > 0)) continue;
    parts.push(inner.slice(start, at));
    start = at + 1;
  }
  return parts.length > 1 ? parts : sequence(inner);
}

function sequence(inner: string): readonly string[] | null {
  const numbers = /^(-?\d{1,9})\.\.(-?\d{1,9})(?:\.\.(-?\d{1,9}))?$/.exec(inner);
  const letters = /^([A-Za-z])\.\.([A-Za-z])(?:\.\.(-?\d{1,9}))?$/.exec(inner);
  const ends = numbers ?? letters;
  if (ends === null) return null;
  const [first = "", last = ""] = [ends[1], ends[2]];
  const [from = 0, to = 0] = [first, last].map((end) => (numbers ? Number(end) : end.charCodeAt(0)));
  const step = Math.max(1, Math.abs(Number(ends[3] ?? 1))) * (from <= to ? 1 : -1);
  const padded = numbers !== null && /(?:^|\s)-?0\d/.test(`${first} ${last}`);
  if (padded && `${first}${last}`.includes("-")) return null;
  const width = padded ? Math.max(first.length, last.length) : 0;
  const members: string[] = [];
  for (let at = from; step > 0 ? at <= to : at >= to; at += step) {
    if (members.length > mostWords) return null;
    members.push(numbers ? String(at).padStart(width, "0") : String.fromCharCode(at));
  }
  return members;
}

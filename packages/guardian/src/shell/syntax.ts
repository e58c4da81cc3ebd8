import { forEachChild, type Redirection, type SyntaxNode } from "unbash";

/**
 * Whether a continued line joins more than two halves of a plain word. Bash takes `\` and the line end away before it
 * looks for names of variables and operators, so that `$HOME\` and `x` on the next line are one name.
 */
export function breaksTokens(text: string): boolean {
  return [...text.matchAll(/\\\n/g)].some(({ index }) => {
    const [before, after] = [text.slice(0, index), text.slice(index + 2)];
    if (/(?:^|\s)$/.test(before) || /^[ \t]/.test(after)) return false;
    return !/(?:^|[\s;&|('"])[\w./-]+$/.test(before) || !/^[\w./-]/.test(after);
  });
}

/** Bash itself opens connections for these names (`bash(1)`, Redirection). */
export function isConnection(target: string | undefined): boolean {
  return target !== undefined && /^\/+dev\/+(?:tcp|udp)\//.test(target);
}

/** What a redirection gives to read. */
export function inputOf(one: Redirection): (readonly string[])[] {
  return one.operator.startsWith("<") ? [[one.operator], ...programsIn(one)] : programsIn(one);
}

/** The words of every command in a part of a line, as they are written. */
export function programsIn(node: SyntaxNode): (readonly string[])[] {
  const found: (readonly string[])[] = [];
  const look = (one: SyntaxNode): void => {
    if (one.type === "Command" && one.name !== undefined)
      found.push([one.name, ...one.args].map((word) => (word.type === "Word" ? word.value : word.text)));
    forEachChild(one, look);
  };
  look(node);
  return found;
}

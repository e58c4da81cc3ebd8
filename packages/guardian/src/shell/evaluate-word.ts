import type { ArithmeticExpression, Assignment, Word, WordPart } from "unbash";
import type { Argument } from "./argument.ts";
import { expandBraces } from "./braces.ts";

/** What words depend on. */
export interface Scope {
  readonly home: string;
  readonly user: string;
  /** Null when it can be one of several. */
  readonly folder: string | null;
  /** Variables whose values are known. */
  readonly variables: ReadonlyMap<string, string>;
}

/** A part of a word; `text` is null when it is unknown. */
interface Piece {
  readonly text: string | null;
  /** What is left of it if everything unknown is empty. */
  readonly atLeast: string;
  readonly pattern: string;
  readonly isPattern: boolean;
  readonly pipe?: boolean;
}

const unknownPiece: Piece = { text: null, atLeast: "", pattern: "", isPattern: false };

/** What looks like the assignment of a variable, wherever it stands. */
const assignment = /^[A-Za-z_][A-Za-z0-9_]*\+?=/;

/**
 * What a word becomes when the shell has expanded it (`bash(1)`, Expansion), as far as that can be known. Commands in it
 * are not looked at here.
 */
export function evaluateWord(word: Word | Assignment, scope: Scope): readonly Argument[] {
  if (word.type === "Assignment") return [assignmentWord(word, scope)];
  const source = word.text;
  const { parts } = word;
  if (parts === undefined) return [argumentOf([tilde(word.text, word.value, true, scope)], source)];
  if (parts.some((part) => part.type === "BraceExpansion")) return braceWord(word, parts, scope);
  // Behind `name=` the shell also looks for a tilde after every colon.
  const later = parts.slice(1).some((part) => part.type === "Literal" && part.text.includes("~"));
  if (later && assignment.test(source)) return [argumentOf([unknownPiece], source)];
  const pieces = parts.map((part, at) =>
    at === 0 && part.type === "Literal"
      ? tilde(part.text, part.value, parts.length === 1, scope)
      : pieceOf(part, false, scope),
  );
  return [argumentOf(pieces, source)];
}

/** Whether text with expansions, as between double quotes, is known. */
export function isKnown(parts: readonly WordPart[], scope: Scope): boolean {
  return parts.every((part) => pieceOf(part, true, scope).text !== null);
}

function argumentOf(pieces: readonly Piece[], source: string): Argument {
  const isKnown = pieces.every(({ text }) => text !== null);
  const isPattern = pieces.some((piece) => piece.isPattern);
  return {
    text: isKnown && !isPattern ? pieces.map(({ text }) => text).join("") : null,
    pattern: isKnown && isPattern ? pieces.map(({ pattern }) => pattern).join("") : null,
    atLeast: pieces.map((piece) => piece.atLeast).join(""),
    pipe: pieces.length === 1 && pieces[0]?.pipe === true,
    source,
  };
}

function assignmentWord(word: Assignment, scope: Scope): Argument {
  const { name, value, append, index, text } = word;
  const unknown = { text: null, pattern: null, atLeast: text, pipe: false, source: text };
  if (value.type !== "Word" || index !== undefined) return unknown;
  const [one, ...more] = evaluateWord(value, scope);
  if (one === undefined || more.length > 0 || one.text === null) return unknown;
  const whole = `${name}${append === true ? "+=" : "="}${one.text}`;
  return { ...one, text: whole, atLeast: whole, source: text };
}

function braceWord(word: Word, parts: readonly WordPart[], scope: Scope): readonly Argument[] {
  const plain = parts.every(
    (part) => part.type === "BraceExpansion" || part.type === "Glob" || part.type === "Literal",
  );
  const words = plain && !/[\\'"`$]|[=:]~/.test(word.text) ? expandBraces(word.text) : null;
  if (words === null) {
    const nothing = { ...unknownPiece };
    return [
      argumentOf(
        parts.map((part) => (part.type === "BraceExpansion" ? nothing : pieceOf(part, false, scope))),
        word.text,
      ),
    ];
  }
  return words
    .filter((text) => text !== "")
    .map((text) => {
      const piece = tilde(text, text, true, scope);
      const isPattern = /[*?[]/.test(text);
      return argumentOf([isPattern ? { ...piece, pattern: piece.text ?? "", isPattern } : piece], word.text);
    });
}

/** @param whole whether nothing of the word follows */
function tilde(raw: string, value: string, whole: boolean, scope: Scope): Piece {
  const assigned = assignment.test(raw);
  if (!raw.startsWith("~") && !(assigned && /[=:]~/.test(raw))) return literal(value);
  // A quoted character in what stands for a user means the tilde itself; that is rare, and asks.
  if (raw.includes("\\")) return unknownPiece;
  let unknown = false;
  const expanded = raw.replaceAll(
    assigned ? /(?<=^[A-Za-z_][A-Za-z0-9_]*\+?=|:)~([^/:]*)/g : /^~([^/]*)/g,
    (all, name: string, at: number) => {
      const ends = at + all.length === raw.length;
      const home = homeOf(name, scope);
      if (home === null || (ends && !whole)) unknown = true;
      return home ?? "";
    },
  );
  return unknown ? unknownPiece : literal(expanded);
}

function homeOf(name: string, { home, user, folder }: Scope): string | null {
  if (name === "" || name === user) return home;
  return name === "+" ? folder : null;
}

function literal(text: string): Piece {
  return { text, atLeast: text, pattern: text.replaceAll(/[\\*?[\]]/g, String.raw`\$&`), isPattern: false };
}

function pieceOf(part: WordPart, quoted: boolean, scope: Scope): Piece {
  switch (part.type) {
    case "Literal":
    case "SingleQuoted":
    case "AnsiCQuoted":
      return literal(part.value);
    case "DoubleQuoted":
    case "LocaleString": {
      const inner = part.parts.map((one) => pieceOf(one, true, scope));
      const isKnown = inner.every(({ text }) => text !== null);
      const text = inner.map(({ atLeast }) => atLeast).join("");
      return isKnown ? literal(text) : { ...unknownPiece, atLeast: text };
    }
    case "Glob":
      return { text: part.text, atLeast: part.text, pattern: part.text, isPattern: true };
    case "SimpleExpansion":
      return valueOf(part.text.slice(1), quoted, scope);
    case "ParameterExpansion":
      return part.operation === undefined && part.prefix === undefined && part.index === undefined
        ? valueOf(part.parameter, quoted, scope)
        : unknownPiece;
    case "CommandExpansion":
      return isPwd(part.text) ? valueOf("PWD", quoted, scope) : unknownPiece;
    case "ArithmeticExpansion": {
      const value = numberOf(part.expression);
      return value === null ? unknownPiece : literal(String(value));
    }
    case "ProcessSubstitution":
      return { ...unknownPiece, pipe: true };
    case "ExtendedGlob":
    case "BraceExpansion":
      return unknownPiece;
  }
}

function isPwd(text: string): boolean {
  return /^(?:\$\(\s*pwd\s*\)|`\s*pwd\s*`)$/.test(text);
}

function valueOf(name: string, quoted: boolean, { variables, folder }: Scope): Piece {
  const value = name === "PWD" ? folder : (variables.get(name) ?? null);
  // Without quotes the shell would take it apart and look for patterns in it.
  if (value === null || (!quoted && /[\s*?[\]\\]/.test(value))) return unknownPiece;
  return literal(value);
}

/** Whole numbers only: whatever names a variable is evaluated as an expression of its own, and can run commands. */
export function numberOf(expression: ArithmeticExpression | undefined): bigint | null {
  switch (expression?.type) {
    case "ArithmeticWord":
      return expression.parts === undefined && /^(?:0|[1-9]\d{0,17})$/.test(expression.value)
        ? BigInt(expression.value)
        : null;
    case "ArithmeticGroup":
      return numberOf(expression.expression);
    case "ArithmeticUnary": {
      const value = numberOf(expression.operand);
      if (value === null || !["-", "+"].includes(expression.operator)) return null;
      return expression.operator === "-" ? -value : value;
    }
    case "ArithmeticBinary": {
      const [left, right] = [numberOf(expression.left), numberOf(expression.right)];
      if (left === null || right === null) return null;
      if (expression.operator === "+") return left + right;
      if (expression.operator === "-") return left - right;
      if (expression.operator === "*") return left * right;
      return null;
    }
    default:
      return null;
  }
}

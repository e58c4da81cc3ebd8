import type { Argument } from "../shell/argument.ts";
import { looksLikeOption } from "../text/deceptions.ts";
import type { Call } from "./call.ts";

/** What the value of an option is. */
export type Value = "data" | "read" | "write" | "url" | ((call: Call, value: Argument) => void);

/**
 * The options that a program has and that are harmless, or whose value says what they do. What is not listed is not
 * covered: options that run programs, load code, or are not known here.
 */
export interface Options {
  /** Letters without a value, which can be bundled. */
  readonly flags?: string;
  /** Letters with a value, attached or as the next word. */
  readonly values?: Readonly<Record<string, Value>>;
  /** Letters whose value is only taken when it is attached. */
  readonly attached?: string;
  /** Names behind two dashes without a value, separated by blanks. */
  readonly long?: string;
  /** Names behind two dashes with a value, behind `=` or as the next word. */
  readonly longValues?: Readonly<Record<string, Value>>;
  /** Names behind two dashes whose value may be there, behind `=`. */
  readonly longAttached?: string;
  /** `-20` is a number of lines. */
  readonly number?: boolean;
  /** The first operand ends the options, as for programs that run others. */
  readonly stopAtOperand?: boolean;
}

export interface Given {
  readonly operands: readonly Argument[];
  /** The options that were given, by letter or name. */
  readonly options: ReadonlySet<string>;
}

/**
 * Splits arguments as `getopt_long(3)` does, with no abbreviations, and tells the call what the values of options are.
 * Null when it is not sure where an option ends; the call was told so.
 */
export function splitOptions(call: Call, args: readonly Argument[], spec: Options): Given | null {
  const operands: Argument[] = [];
  const options = new Set<string>();
  const stop = (why: string): null => {
    call.beyond(why);
    return null;
  };
  // Of git it would open a pager.
  const [only] = args;
  if (args.length === 1 && /^--(?:help|version)$/.test(only?.text ?? "") && !call.name.startsWith("git "))
    return { operands, options: new Set([only?.text ?? ""]) };
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at];
    if (arg === undefined) break;
    const { text } = arg;
    if (text === "--") {
      operands.push(...args.slice(at + 1));
      break;
    }
    if (text === null) {
      // Only names in a folder that is written there cannot begin with a dash.
      if (arg.pattern !== null ? !/^(?:\.{1,2}|[^-*?[/][^*?[/]*|)\//.test(arg.pattern) : !arg.pipe)
        return stop(`${arg.source} could become an option of ${call.name}`);
      operands.push(arg);
    } else if (text === "-" || !text.startsWith("-")) {
      if (looksLikeOption(text)) call.unknown(`${text} looks like an option and is none`);
      operands.push(arg);
    } else if (text.startsWith("--")) {
      const [name = "", ...rest] = text.slice(2).split("=");
      const value = rest.length > 0 ? rest.join("=") : null;
      const meaning = ownValue(spec.longValues, name);
      if (value === null && (has(spec.long, name) || has(spec.longAttached, name))) options.add(name);
      else if (value !== null && has(spec.longAttached, name)) options.add(name);
      else if (meaning !== undefined) {
        const next = value === null ? args[(at += 1)] : derived(arg, value);
        if (next === undefined) return stop(`${text} has no value`);
        if (next.pattern !== null) return stop(`${next.source} could become several words`);
        options.add(name);
        take(call, meaning, next);
      } else return stop(`${call.name} has the option --${name}, which is more than data or not known`);
      continue;
    } else if (spec.number === true && /^-\d+$/.test(text)) {
      options.add("number");
    } else {
      const letters = text.slice(1).split("");
      for (let letter = 0; letter < letters.length; letter += 1) {
        const name = letters[letter] ?? "";
        const rest = letters.slice(letter + 1).join("");
        const meaning = ownValue(spec.values, name);
        if (spec.flags?.includes(name) === true) options.add(name);
        else if (spec.attached?.includes(name) === true) {
          options.add(name);
          break;
        } else if (meaning !== undefined) {
          const next = rest === "" ? args[(at += 1)] : derived(arg, rest);
          if (next === undefined) return stop(`-${name} has no value`);
          if (next.pattern !== null) return stop(`${next.source} could become several words`);
          options.add(name);
          take(call, meaning, next);
          break;
        } else return stop(`${call.name} has the option -${name}, which is more than data or not known`);
      }
    }
    if (spec.stopAtOperand === true && operands.length > 0) {
      operands.push(...args.slice(at + 1));
      break;
    }
  }
  return { operands, options };
}

/** Whether a name is one of those in a text with blanks between. */
function has(names: string | undefined, name: string): boolean {
  return names !== undefined && /^[A-Za-z0-9][\w.-]*$/.test(name) && ` ${names} `.includes(` ${name} `);
}

function ownValue(values: Options["values"], name: string): Value | undefined {
  return values !== undefined && Object.hasOwn(values, name) ? values[name] : undefined;
}

function derived(arg: Argument, text: string): Argument {
  return { ...arg, text, pattern: null, atLeast: text, pipe: false };
}

/** Tells a call what a value means. */
export function take(call: Call, meaning: Value, value: Argument): void {
  if (typeof meaning === "function") meaning(call, value);
  else if (meaning === "read") call.reads(value);
  else if (meaning === "write") call.writes(value);
  else if (meaning === "url") call.reaches(value, false);
  else if (value.text === null && value.pattern === null && !value.pipe)
    call.unknown(`what ${value.source} stands for is not known before the run`);
}

/** A profile of a program whose operands all mean the same. */
export function simple(spec: Options, operands: Value | "none"): (call: Call) => void {
  return (call) => {
    const given = splitOptions(call, call.args, spec);
    if (given === null) return readEverything(call);
    for (const operand of given.operands) {
      if (operands === "none") call.beyond(`${call.name} takes no ${operand.source}`);
      else take(call, operands, operand);
    }
  };
}

/**
 * When the options are not understood nothing is covered, but what is written there may still be a path that is never
 * touched: a value of an option, what follows `=` or `@`, or a word.
 */
export function readEverything(call: Call): void {
  for (const arg of call.args) suspect(call, arg);
}

/** Looks at every path that may be meant by a word. */
export function suspect(call: Call, arg: Argument): void {
  const text = arg.text ?? arg.atLeast;
  const value = /^-[^=]*=(.*)$/s.exec(text)?.[1] ?? text;
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(value))
    call.mentionsUrl({ ...arg, text: arg.text === null ? null : value, atLeast: value });
  const parts = [
    text,
    ...text.split(/[=@:,]/),
    text.replace(/^-[A-Za-z]+/, ""),
    text.replace(/^.*?(?=[~/])/, ""),
  ];
  for (const part of new Set(parts))
    if (/^(?:[/.]|[^-].*\/)/.test(part)) call.mentions({ ...arg, text: part, pattern: null, atLeast: part });
}

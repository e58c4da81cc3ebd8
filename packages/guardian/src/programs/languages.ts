/** What small languages inside of arguments do, as far as it matters; what is not understood is said to be `beyond`. */
export interface LanguageEffects {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** Why it is more than data, or not understood; null when it is neither. */
  readonly beyond: string | null;
}

const none: LanguageEffects = { reads: [], writes: [], beyond: null };
const beyond = (why: string): LanguageEffects => ({ ...none, beyond: why });

/** A script of GNU sed (its manual, "sed scripts"): which files it names, and whether it runs programs. */
export function readSed(script: string): LanguageEffects {
  const reads: string[] = [];
  const writes: string[] = [];
  let at = 0;
  const rest = (): string => script.slice(at);
  const skip = (pattern: RegExp): void => {
    at += pattern.exec(rest())?.[0].length ?? 0;
  };
  const untilLineEnd = (): string => {
    const end = script.indexOf("\n", at);
    const text = script.slice(at, end < 0 ? undefined : end);
    at = end < 0 ? script.length : end;
    return text.trim();
  };
  /** Past the closing delimiter; false when there is none. */
  const delimited = (delimiter: string): boolean => {
    for (; at < script.length; at += 1) {
      const character = script[at];
      if (character === "\\") at += 1;
      else if (character === "[" && delimiter !== "[") {
        // In a set a delimiter is only a character, and so is a backslash.
        const set = /^\[\^?\]?(?:\[[:.=][^\]]*[:.=]\]|[^\]\n])*\]/.exec(rest())?.[0] ?? "";
        if (set !== "") at += set.length - 1;
      } else if (character === "\n") return false;
      else if (character === delimiter) {
        at += 1;
        return true;
      }
    }
    return false;
  };
  const address = (): boolean => {
    if (/^\d/.test(rest())) skip(/^\d+(?:~\d+)?/);
    else if (script[at] === "$") at += 1;
    else if (script[at] === "/" || script[at] === "\\") {
      if (script[at] === "\\") at += 1;
      const delimiter = script[at] ?? "";
      at += 1;
      if (!delimited(delimiter)) return false;
      skip(/^[IM]*/);
    } else return true;
    skip(/^[ \t]*/);
    return true;
  };
  while (at < script.length) {
    skip(/^[\s;}]*/);
    if (at >= script.length) break;
    if (script[at] === "#") {
      untilLineEnd();
      continue;
    }
    if (!address()) return beyond("the script of sed is not understood");
    if (script[at] === ",") {
      at += 1;
      skip(/^[ \t]*[+~]?/);
      if (!address()) return beyond("the script of sed is not understood");
    }
    skip(/^[ \t!]*/);
    const command = script[at] ?? "";
    at += 1;
    if ("{=dDgGhHnNpPxzF".includes(command)) continue;
    if ("lqQL".includes(command)) skip(/^[ \t]*\d*/);
    else if (":btT".includes(command)) skip(/^[ \t]*[^\s;}]*/);
    else if ("aic".includes(command)) {
      // Up to a line end without `\` before it.
      skip(/^(?:\\[^]|[^\\\n])*/);
    } else if ("rRwW".includes(command)) {
      const file = untilLineEnd();
      if (file === "") return beyond("the script of sed is not understood");
      (command.toLowerCase() === "r" ? reads : writes).push(file);
    } else if (command === "y" || command === "s") {
      const delimiter = script[at] ?? "";
      at += 1;
      if (delimiter === "" || delimiter === "\n" || delimiter === "\\")
        return beyond("the script of sed is not understood");
      const first = delimited(delimiter);
      // In what replaces, brackets are only characters.
      const second = first && past(delimiter);
      if (!second) return beyond("the script of sed is not understood");
      if (command === "y") continue;
      for (; at < script.length && /[^\s;}]/.test(script[at] ?? ""); at += 1) {
        const flag = script[at] ?? "";
        if (flag === "w") {
          at += 1;
          const file = untilLineEnd();
          if (file === "") return beyond("the script of sed is not understood");
          writes.push(file);
          break;
        }
        if (!/[gpiIm0-9]/i.test(flag) || flag === "e")
          return beyond("sed would run what it finds as a command");
      }
    } else return beyond(command === "e" ? "sed would run a command" : "the script of sed is not understood");
  }
  return { reads, writes, beyond: null };

  function past(delimiter: string): boolean {
    for (; at < script.length; at += 1) {
      const character = script[at];
      if (character === "\\") at += 1;
      else if (character === delimiter) {
        at += 1;
        return true;
      } else if (character === "\n") return false;
    }
    return false;
  }
}

type AwkToken = { readonly type: "name" | "value" | "operator" | "line"; readonly text: string };

/** What may stand before a slash that begins a pattern; after a value it divides. */
const beforePattern = /^(?:print|printf|return|in|if|while|for|do|else|case)$/;

/** The program in tokens, without strings, patterns and comments; null when it is not sure which is which. */
function awkTokens(program: string): readonly AwkToken[] | null {
  const tokens: AwkToken[] = [];
  let rest = program;
  const rules: readonly (readonly [RegExp, AwkToken["type"] | null])[] = [
    [/^(?:[ \t\r]|\\\n|#[^\n]*)+/, null],
    [/^\n/, "line"],
    [/^"(?:\\[^]|[^"\\\n])*"/, "value"],
    [/^(?:0x[0-9A-Fa-f]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)/, "value"],
    [/^[A-Za-z_]\w*/, "name"],
    [/^(?:\|\||&&|\|&|>>|[<>=!]=|\+\+|--|\*\*)/, "operator"],
    [/^[^"/\\]/, "operator"],
  ];
  while (rest !== "") {
    const last = tokens.findLast(({ type }) => type !== "line");
    if (rest.startsWith("/")) {
      const text = last?.text ?? "";
      if (/^(?:\+\+|--|length)$/.test(text)) return null;
      const divides =
        last !== undefined &&
        (last.type === "value" ||
          [")", "]"].includes(text) ||
          (last.type === "name" && !beforePattern.test(text)));
      const pattern = divides
        ? /^\/=?/.exec(rest)
        : /^\/(?:\\[^]|\[\^?\]?(?:\\[^]|[^\]\\\n])*\]|[^/\\[\n])*\//.exec(rest);
      if (pattern === null) return null;
      tokens.push({ type: divides ? "operator" : "value", text: pattern[0] });
      rest = rest.slice(pattern[0].length);
      continue;
    }
    const rule = rules.find(([expression]) => expression.test(rest));
    const text = rule?.[0].exec(rest)?.[0];
    if (rule === undefined || text === undefined) return null;
    if (rule[1] !== null) tokens.push({ type: rule[1], text });
    rest = rest.slice(text.length);
  }
  return tokens;
}

const awkNames = /^(?:system|getline|ENVIRON|ARGV|ARGC|ARGIND|PROCINFO|SYMTAB|FUNCTAB|popen|extension)$/;

/**
 * A program of awk (POSIX.1-2024; GNU awk's additions): whatever leaves its input and its output, or could, is `beyond`.
 */
export function readAwk(program: string): LanguageEffects {
  const tokens = awkTokens(program);
  if (tokens === null) return beyond("the program of awk is not understood");
  let printing = false;
  for (const [at, { type, text }] of tokens.entries()) {
    if (type === "name" && awkNames.test(text)) return beyond(`awk has ${text}, which is more than data`);
    if (type === "name" && /^printf?$/.test(text)) printing = true;
    if (type === "line" && !/^(?:,|\{|&&|\|\||do|else)$/.test(tokens[at - 1]?.text ?? "")) printing = false;
    if (type !== "operator") continue;
    if (text === ";" || text === "}") printing = false;
    if (text === "@") return beyond("awk would load or call what is not written there");
    if (text === "|" || text === "|&") return beyond("awk would run a program through a pipe");
    if (printing && (text === ">" || text === ">>")) return beyond("awk would write a file");
  }
  return none;
}

/** A filter of jq (its manual): those that look at the environment or load modules are `beyond`. */
export function readJq(filter: string): LanguageEffects {
  if (/\$ENV\b|(?<![.\w$"])env\b/.test(filter)) return beyond("jq would show the environment");
  if (/\b(?:import|include|modulemeta|get_search_list|input_filename|\$__prog_args)\b/.test(filter))
    return beyond("jq would load other files");
  return none;
}

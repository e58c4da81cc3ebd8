import {
  type Assignment,
  type Command,
  forEachChild,
  type ParsedScript,
  parse,
  type Redirection,
  type Statement,
  type SyntaxNode,
  type TestExpression,
  type Word,
} from "unbash";
import type { Argument } from "./argument.ts";
import { evaluateWord, isKnown, numberOf, type Scope } from "./evaluate-word.ts";
import { isFileComparison } from "./file-tests.ts";
import { isHarmlessVariable } from "./harmless-variables.ts";
import { breaksTokens, inputOf, isConnection, programsIn } from "./syntax.ts";

/** The folders in which a command may find itself; null when they cannot be known. */
export type Folders = readonly string[] | null;

/** One program or builtin that a line runs, with what is known of how. */
export interface ShellCommand {
  readonly words: readonly Argument[];
  readonly folders: Folders;
  /**
   * The words of what its input may come from: commands earlier in the pipe, or within its words and redirections; of a
   * file or a text, only the operator.
   */
  readonly fedBy: readonly (readonly string[])[];
  /** Whether its input or output is a connection that the shell opens by itself. */
  readonly connected: boolean;
}

export interface ShellVisitor {
  /** @returns the folders afterwards when it went well, for `cd`; `undefined` for everything else */
  command(command: ShellCommand): Folders | undefined;
  redirect(operator: string, target: Argument, folders: Folders): void;
  /** The shell itself would open a connection. @param target like `/dev/tcp/host/port` */
  connect(target: string): void;
  test(operator: string, operand: Argument, folders: Folders): void;
  unknown(why: string): void;
}

/** Deeper, or longer, nobody reads. */
const mostDepth = 24;
const mostCommands = 200;
const mostRounds = 50;

const unknownInput = "what a program is given to read is not known before the run";

/**
 * Visits everything that a line of shell would run, in any branch, with what its words become.
 * @param text for `bash --noprofile --norc -c`
 */
export function walkShell(
  text: string,
  start: { readonly home: string; readonly user: string; readonly folders: Folders },
  visitor: ShellVisitor,
): void {
  const { home, user } = start;
  let commands = 0;
  let depth = 0;

  interface Context {
    readonly folders: Folders;
    readonly variables: ReadonlyMap<string, string>;
    readonly fedBy: readonly (readonly string[])[];
  }
  /** The folders after success, and after failure. */
  interface Outcome {
    readonly ok: Folders;
    readonly failed: Folders;
  }

  const scopeOf = ({ folders, variables }: Context): Scope => {
    const folder = folders?.length === 1 ? (folders[0] ?? null) : null;
    return { home, user, folder, variables };
  };
  const evaluate = (word: Word | Assignment, context: Context): readonly Argument[] => {
    visitScriptsIn(word, context);
    return evaluateWord(word, scopeOf(context));
  };

  /** Commands inside of words run in a shell of their own. */
  function visitScriptsIn(node: SyntaxNode, context: Context): void {
    forEachChild(node, (child) => {
      if (child.type === "Script") visitScript(child, context);
      else {
        if (child.type === "CommandExpansion" && child.script === undefined)
          visitor.unknown("a part of the line cannot be parsed");
        // It could also be a command in two brackets; and every name in it is evaluated in its turn.
        if (child.type === "ArithmeticExpansion" && numberOf(child.expression) === null)
          visitor.unknown(`what ${child.text} stands for is not known before the run`);
        // Bash reads `"${x:-$'\x24(y)'}"` twice, and runs y.
        if (
          child.type === "ParameterExpansion" &&
          (child.operation ?? child.prefix ?? child.index) !== undefined
        )
          visitor.unknown(`what ${child.text} stands for is not known before the run`);
        visitScriptsIn(child, context);
      }
    });
  }

  function visitScript(script: ParsedScript, context: Context): Folders {
    if (script.errors !== undefined && script.errors.length > 0)
      visitor.unknown("the line is not understood as a whole");
    depth += 1;
    if (depth > mostDepth) {
      visitor.unknown("the line is nested too deeply");
      depth -= 1;
      return null;
    }
    const after = visitList(script.commands, context);
    depth -= 1;
    return after;
  }

  function visitList(statements: readonly Statement[], context: Context): Folders {
    let { folders } = context;
    for (const statement of statements) {
      const { ok, failed } = visitNode(statement.command, { ...context, folders });
      if (statement.background !== true) folders = union(ok, failed);
    }
    return folders;
  }

  function stays({ folders }: Context): Outcome {
    return { ok: folders, failed: folders };
  }

  function either(folders: Folders): Outcome {
    return { ok: folders, failed: folders };
  }

  function visitNode(node: Statement["command"], context: Context): Outcome {
    switch (node.type) {
      case "AndOr": {
        let now = stays(context);
        node.commands.forEach((command, at) => {
          const operator = at === 0 ? null : node.operators[at - 1];
          if (operator === null) now = visitNode(command, context);
          else if (operator === "&&") {
            const next = visitNode(command, { ...context, folders: now.ok });
            now = { ok: next.ok, failed: union(now.failed, next.failed) };
          } else {
            const next = visitNode(command, { ...context, folders: now.failed });
            now = { ok: union(now.ok, next.ok), failed: next.failed };
          }
        });
        return now;
      }
      case "Pipeline": {
        const [only] = node.commands;
        if (node.commands.length === 1 && only !== undefined) {
          const outcome = visitNode(only, context);
          return either(union(outcome.ok, outcome.failed));
        }
        let fedBy = context.fedBy;
        for (const command of node.commands) {
          visitNode(command, { ...context, fedBy });
          fedBy = [...fedBy, ...programsIn(command)];
        }
        return stays(context);
      }
      case "Command":
        return visitCommand(node, context);
      case "Redirected":
        visitRedirections(node.redirects, context);
        return visitNode(node.command, {
          ...context,
          fedBy: [...context.fedBy, ...node.redirects.flatMap(inputOf)],
        });
      case "BraceGroup":
        return either(visitList(node.body.commands, context));
      case "Subshell":
        visitList(node.body.commands, context);
        return stays(context);
      case "If": {
        const after = [visitList(node.clause.commands, context)];
        let folders = after[0] ?? null;
        after.push(visitList(node.then.commands, { ...context, folders }));
        for (const { clause, then } of node.elif) {
          folders = visitList(clause.commands, { ...context, folders });
          after.push(folders, visitList(then.commands, { ...context, folders }));
        }
        if (node.else !== undefined) after.push(visitList(node.else.commands, { ...context, folders }));
        return either(after.reduce(union));
      }
      case "While":
        return visitLoop(context, (inner) => {
          const folders = visitList(node.clause.commands, inner);
          return visitList(node.body.commands, { ...inner, folders });
        });
      case "For":
      case "Select": {
        if (node.wordlist === undefined) {
          visitor.unknown("a loop runs over what is not written there");
          return visitLoop(context, (inner) => visitList(node.body.commands, inner));
        }
        const words = node.wordlist.flatMap((word) => evaluate(word, context));
        // Others are variables by which programs are found, and fields are told apart.
        if (!/^[a-z][a-z0-9]*$/.test(node.name.value))
          visitor.unknown(`the variable ${node.name.value} is set`);
        const values = node.type === "For" ? words.map(({ text: value }) => value) : [null];
        const rounds = values.length > mostRounds || values.includes(null) ? [null] : values;
        if (values.length > mostRounds) visitor.unknown("a loop has very many rounds");
        return visitLoop(context, (inner) => {
          let after: Folders = inner.folders;
          for (const value of rounds) {
            const variables = new Map(inner.variables);
            if (value === null) variables.delete(node.name.value);
            else variables.set(node.name.value, value);
            after = union(after, visitList(node.body.commands, { ...inner, variables }));
          }
          return after;
        });
      }
      case "Case": {
        evaluate(node.word, context);
        const after: Folders[] = [context.folders];
        for (const { pattern, body } of node.items) {
          for (const word of pattern) evaluate(word, context);
          after.push(visitList(body.commands, context));
        }
        return either(after.reduce(union));
      }
      case "TestCommand":
        visitTest(node.expression, context);
        return stays(context);
      case "ArithmeticCommand":
      case "ArithmeticFor":
        visitScriptsIn(node, context);
        visitor.unknown("the shell would evaluate an expression, which can run commands");
        if (node.type === "ArithmeticFor")
          visitLoop(context, (inner) => visitList(node.body.commands, inner));
        return stays(context);
      case "Function":
        visitor.unknown("a function is defined, which can stand for any program");
        visitScriptsIn(node, context);
        if (node.body.type === "CompoundList") visitList(node.body.commands, context);
        else visitNode(node.body, context);
        return either(null);
      case "Coproc":
        visitor.unknown("a program is left running beside the others");
        if (node.body.type === "CompoundList") visitList(node.body.commands, context);
        else visitNode(node.body, context);
        return stays(context);
    }
  }

  /** Where a loop moves, nobody knows after how many rounds it ends. */
  function visitLoop(context: Context, body: (inner: Context) => Folders): Outcome {
    const after = body(context);
    if (sameFolders(after, context.folders)) return stays(context);
    body({ ...context, folders: null });
    return either(null);
  }

  function visitCommand(command: Command, context: Context): Outcome {
    commands += 1;
    if (commands > mostCommands) {
      if (commands === mostCommands + 1) visitor.unknown(`the line has more than ${mostCommands} commands`);
      if (commands > 4 * mostCommands) return either(null);
    }
    for (const part of command.prefix) if (part.type === "Assignment") visitAssignment(part, context);
    visitRedirections(command.redirects, context);
    if (command.name === undefined) return stays(context);
    const words = [command.name, ...command.args].flatMap((word) => evaluate(word, context));
    const fedBy = [
      ...context.fedBy,
      ...command.redirects.flatMap(inputOf),
      ...[...command.args, ...command.prefix].flatMap(programsIn),
    ];
    const connected = command.redirects.some(
      (one) => one.type === "Redirect" && isConnection(one.target?.value),
    );
    const moved = visitor.command({ words, folders: context.folders, fedBy, connected });
    return moved === undefined ? stays(context) : { ok: moved, failed: context.folders };
  }

  function visitAssignment(assignment: Assignment, context: Context): void {
    visitScriptsIn(assignment, context);
    const { name, value, index, append } = assignment;
    const plain = value.type === "Word" && index === undefined && append !== true;
    const known = plain && evaluateWord(value, scopeOf(context)).every(({ text: one }) => one !== null);
    if (!known || !isHarmlessVariable(name))
      visitor.unknown(`the variable ${name} is set, which can change what a program does`);
  }

  function visitRedirections(redirections: readonly Redirection[], context: Context): void {
    for (const one of redirections) {
      if (one.type === "HereDoc") {
        visitScriptsIn(one, context);
        if (!isKnown(one.body.parts ?? [], scopeOf(context))) visitor.unknown(unknownInput);
        continue;
      }
      if (one.target === undefined) {
        visitor.unknown("a redirection has no target");
        continue;
      }
      const targets = evaluate(one.target, context);
      if (one.type === "HereString") {
        if (targets.some(({ text: input, pattern }) => input === null && pattern === null))
          visitor.unknown(unknownInput);
        continue;
      }
      if (one.descriptor?.type === "FileDescriptorVariable") visitor.unknown("a redirection sets a variable");
      if (/^[<>]&$/.test(one.operator) && /^(?:[0-2]|-)$/.test(one.target.value)) continue;
      if (one.target.value !== "" && isConnection(one.target.value)) {
        visitor.connect(one.target.value);
        continue;
      }
      const [target, ...more] = targets;
      if (target === undefined || more.length > 0) visitor.unknown("a redirection has several targets");
      else visitor.redirect(one.operator, target, context.folders);
    }
  }

  function visitTest(expression: TestExpression, context: Context): void {
    switch (expression.type) {
      case "TestUnary": {
        const [operand] = evaluate(expression.operand, context);
        if (operand !== undefined) visitor.test(expression.operator, operand, context.folders);
        return;
      }
      case "TestBinary": {
        const operands = [expression.left, expression.right].flatMap((word) => evaluate(word, context));
        const numbers = /^-(?:eq|ne|lt|le|gt|ge)$/.test(expression.operator);
        if (numbers && !operands.every(({ text: one }) => one !== null && /^-?\d{1,18}$/.test(one)))
          visitor.unknown("the shell would evaluate an expression, which can run commands");
        if (isFileComparison(expression.operator))
          for (const operand of operands) visitor.test("-e", operand, context.folders);
        return;
      }
      case "TestLogical":
        for (const operand of expression.operands) visitTest(operand, context);
        return;
      case "TestNot":
        return visitTest(expression.operand, context);
      case "TestGroup":
        return visitTest(expression.expression, context);
    }
  }

  if (breaksTokens(text)) visitor.unknown("a line is continued in the middle of what the shell would join");
  const script = parse(text);
  visitScript(script, { folders: start.folders, variables: environment(home, user), fedBy: [] });
}

function environment(home: string, user: string): ReadonlyMap<string, string> {
  return new Map([
    ["HOME", home],
    ["USER", user],
    ["LOGNAME", user],
  ]);
}

function union(a: Folders, b: Folders): Folders {
  return a === null || b === null ? null : [...new Set([...a, ...b])];
}

function sameFolders(a: Folders, b: Folders): boolean {
  if (a === null || b === null) return a === b;
  return a.length === b.length && a.every((folder) => b.includes(folder));
}

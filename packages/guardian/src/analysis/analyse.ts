import { posix } from "node:path";
import { isWithin, resolvePath } from "../paths/resolve.ts";
import { findProgram } from "../programs/find-program.ts";
import { suspect } from "../programs/options.ts";
import { profileOf } from "../programs/profiles.ts";
import { isHidden, refusalOf } from "../programs/refused.ts";
import { isInterpreter, isShell, looksInside, wrappers } from "../programs/wrappers.ts";
import { type Argument, known } from "../shell/argument.ts";
import { builtinOf } from "../shell/builtins.ts";
import { isFileTest } from "../shell/file-tests.ts";
import { type Folders, type ShellCommand, type ShellVisitor, walkShell } from "../shell/walk.ts";
import { deceptionsIn, hasForeignLetters } from "../text/deceptions.ts";
import { remembering } from "../world/remembering.ts";
import type { World } from "../world/world.ts";
import { createCall, type LineContext } from "./create-call.ts";
import { mention, touch } from "./path-effects.ts";
import { createFindings, type Findings, type Need, type Report } from "./report.ts";
import { refuseOrders } from "./url-effects.ts";

/** Longer, nobody reads. In UTF-16 code units. */
const longest = 65_536;
const mostDepth = 8;

/**
 * What a line of shell would run, read, write and reach: everything that can be known before it runs, on every way
 * through it.
 * @param text for `bash --noprofile --norc -c`
 * @param folder in which it is started, absolute
 */
export function analyse(text: string, folder: string, computer: World): Report {
  const world = remembering(computer);
  const findings = createFindings();
  for (const deception of deceptionsIn(text)) findings.refuse(`the text has ${deception}`);
  if (text.length > longest) {
    findings.unknown("the line is too long");
    return findings.report();
  }
  const start = resolvePath(world, "/", folder);
  const analysis = createAnalysis(world, findings);
  analysis.shell(text, start === null ? null : [start.path], []);
  analysis.end();
  return findings.report();
}

function createAnalysis(world: World, findings: Findings) {
  let depth = 0;
  /** Files whose content decides what a command does. */
  const code = new Set<string>();
  const written = new Set<string>();
  /** Folders into which something is put that has names of its own. */
  const filled = new Set<string>();
  const noted: Findings = {
    ...findings,
    need(need: Need) {
      if (need.type === "write" || need.type === "remove") written.add(need.path);
      findings.need(need);
    },
  };

  const context: LineContext = {
    world,
    findings: noted,
    written,
    filled,
    runs(command) {
      depth += 1;
      // Of these the shell itself is another one afterwards.
      if (builtinOf(command.words[0]?.text ?? "") !== null)
        findings.unknown("a builtin of the shell is hidden behind another");
      if (depth > mostDepth) findings.unknown("programs run programs too deeply");
      else runCommand(command);
      depth -= 1;
    },
    shell: (code, { folders, fedBy }) => shell(code, folders, fedBy),
  };

  function shell(text: string, folders: Folders, fedBy: ShellCommand["fedBy"]): void {
    depth += 1;
    if (depth > mostDepth) findings.unknown("programs run programs too deeply");
    else walkShell(text, { home: world.home, user: world.user, folders }, visitor(fedBy));
    depth -= 1;
  }

  function visitor(outer: ShellCommand["fedBy"]): ShellVisitor {
    return {
      unknown: (why) => findings.unknown(why),
      test: (operator, operand, folders) => {
        if (isFileTest(operator)) touch(world, noted, folders, operand, "read");
        else if (!/^-[nz]$/.test(operator)) findings.unknown(`the condition ${operator} is not understood`);
      },
      redirect(operator, target, folders) {
        if (operator !== "<") touch(world, noted, folders, target, "write");
        if (operator === "<" || operator === "<>") touch(world, noted, folders, target, "read");
      },
      connect(target) {
        findings.unknown("the shell would open a connection");
        const [, host = "", port = ""] = /^\/+dev\/+(?:tcp|udp)\/+([^/]+)\/+(\d+)$/.exec(target) ?? [];
        refuseOrders(world, findings, host, Number(port));
      },
      command: (one) => runCommand({ ...one, fedBy: [...outer, ...one.fedBy] }),
    };
  }

  function runCommand(one: ShellCommand): Folders | undefined {
    const [first, ...args] = one.words;
    const name = first?.text ?? null;
    if (first === undefined || name === null) {
      findings.unknown("which program would run is not known before");
      if (first?.atLeast !== undefined && first.atLeast !== "") refuseByName(first.atLeast, args);
      return undefined;
    }
    // The shell expands braces before it looks for the program.
    if (first.source.includes("{")) findings.unknown("which program would run is not plain to see");
    if (hasForeignLetters(name)) findings.refuse("the name of a program is written with foreign letters");
    const base = posix.basename(name);
    const flat = one.fedBy.flat();
    if (isInterpreter(base) && isHidden(flat))
      findings.refuse("what is fetched or decoded would run, and nobody has read it");
    const toNetwork = /^(?:nc|ncat|netcat|socat|telnet)$/.test(base);
    if (toNetwork && one.fedBy.some(([by = ""]) => isShell(posix.basename(by))))
      findings.refuse("a connection would be given a shell");
    if (one.connected && (isShell(base) || base === "exec"))
      findings.refuse("a connection would be given a shell");
    const builtin = builtinOf(name);
    if (builtin !== null)
      return builtin(name, args, {
        unknown: (why) => findings.unknown(why),
        reads: (path) => touch(world, noted, one.folders, path, "read"),
        shell: (text) => shell(text, one.folders, one.fedBy),
        runs: (words) => void runCommand({ ...one, words }),
        changeFolder: (to) => changeFolder(to, one.folders),
      });
    runProgram(one, name, args);
    return undefined;
  }

  function refuseByName(name: string, args: readonly Argument[]): void {
    const refusal = refusalOf(
      posix.basename(name),
      args.map(({ text, atLeast }) => text ?? atLeast),
    );
    if (refusal !== null) findings.refuse(`${name} is never run: ${refusal}`);
  }

  function runProgram(one: ShellCommand, name: string, args: readonly Argument[]): void {
    refuseByName(name, args);
    const from = one.folders?.[0] ?? null;
    const program =
      from === null && name.includes("/") && !name.startsWith("/")
        ? null
        : findProgram(world, from ?? "/", name);
    if (name.includes("/")) mention(world, findings, one.folders, known(name));
    if (
      program === null ||
      (one.folders !== null && one.folders.length > 1 && name.includes("/") && !name.startsWith("/"))
    ) {
      findings.unknown(`${name} is no program that is known here`);
      const call = createCall(one, name, args, { beyond() {}, namedAs() {} }, context);
      for (const arg of args) suspect(call, arg);
      return;
    }
    if (!program.trusted) code.add(program.file);
    let beyond: string | null = null;
    let words: readonly string[] = args.map(({ text, source }) => text ?? source);
    const told = {
      beyond: (why: string) => void (beyond ??= why),
      namedAs: (named: readonly string[]) => void (words = named),
    };
    const call = createCall(one, program.name, args, told, context);
    const wrapper =
      program.trusted && Object.hasOwn(wrappers, program.name) ? wrappers[program.name] : undefined;
    if (wrapper?.(call) === true) return;
    const profile = program.trusted ? profileOf(program.name) : null;
    if (wrapper === undefined) {
      if (profile !== null) profile(call);
      else {
        beyond ??= `what the arguments of ${program.name} do is not known here`;
        for (const arg of args) suspect(call, arg);
      }
      looksInside(call);
    }
    if (isInterpreter(program.name)) for (const arg of args) noteCode(one.folders, arg);
    findings.need({
      type: "run",
      program: program.file,
      argv: [name, ...args.map(({ text }) => text)],
      words: [program.name, ...words],
      beyond,
    });
  }

  function noteCode(folders: Folders, arg: Argument): void {
    if (arg.text === null || arg.text.startsWith("-")) return;
    for (const from of folders ?? []) {
      const place = resolvePath(world, from, arg.text);
      if (place !== null) code.add(place.path);
    }
  }

  function changeFolder(args: readonly Argument[], folders: Folders): Folders {
    const operands = args.filter(({ text }) => text === null || !/^-[LPe@]+$|^--$/.test(text));
    const [target = known(world.home), ...more] = operands;
    if (more.length > 0 || target.text === null || target.text === "-" || target.text === "") {
      findings.unknown("to which folder it changes is not known before the run");
      return null;
    }
    touch(world, noted, folders, target, "read");
    const next: string[] = [];
    for (const from of folders ?? (target.text.startsWith("/") ? ["/"] : [])) {
      const place = resolvePath(world, from, target.text);
      // The shell remembers the way that it took, not where that led.
      if (place === null || place.path !== posix.resolve(from, target.text))
        findings.unknown("a folder is reached by a link");
      if (place === null) return null;
      next.push(place.path);
    }
    return next.length === 0 ? null : next;
  }

  return {
    shell,
    /** What is written and run in one line was not there to be looked at. */
    end() {
      for (const file of code)
        if (written.has(file) || [...filled].some((folder) => isWithin(file, folder)))
          findings.unknown("a file is written and run in the same line");
    },
  };
}

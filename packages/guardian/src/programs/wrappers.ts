import { isHarmlessVariable } from "../shell/harmless-variables.ts";
import type { Call } from "./call.ts";
import { readEverything, splitOptions, suspect, type Options } from "./options.ts";

/**
 * What only runs another program, which is then judged as if it were called itself.
 * @returns whether that is all it does; if not, it needs a grant of its own
 */
export type Wrapper = (call: Call) => boolean;

function inFront(spec: Options, ownOperands: number): Wrapper {
  return (call) => {
    const given = splitOptions(call, call.args, { ...spec, stopAtOperand: true });
    if (given === null) return guess(call);
    const inner = given.operands.slice(ownOperands);
    if (inner.length === 0) return false;
    call.runs(inner);
    return true;
  };
}

/** Where the options end is not known: whatever could be the program is looked at, for what is never done. */
function guess(call: Call): boolean {
  for (const [at, { text }] of call.args.entries())
    if (text !== null && !text.startsWith("-")) call.runs(call.args.slice(at));
  for (const arg of call.args) suspect(call, arg);
  return false;
}

const env: Wrapper = (call) => {
  const given = splitOptions(call, call.args, {
    flags: "i0",
    long: "ignore-environment null",
    stopAtOperand: true,
  });
  if (given === null) return guess(call);
  const { operands } = given;
  const first = operands.findIndex(({ text }) => text === null || !/^[^=]+=/.test(text));
  const assigned = first < 0 ? operands : operands.slice(0, first);
  for (const { text, source } of assigned)
    if (text === null || !isHarmlessVariable(text.slice(0, text.indexOf("="))))
      call.unknown(`env would set ${source}, which can change what a program does`);
  const inner = first < 0 ? [] : operands.slice(first);
  if (inner.length === 0) {
    call.beyond("env would show the environment");
    return false;
  }
  call.runs(inner);
  return true;
};

/** What means one thing to bash and another to the smaller shells. */
const onlyInBash = /&>|\$['"]|<<<|\[\[|\(\(|[<>]\(|\|&|\{[^{}]*(?:,|\.\.)[^{}]*\}|~[+-]|\bfunction\b/;

/** A shell that is given its code as one known argument runs what it says there. */
function shell(isBash: boolean): Wrapper {
  return (call) => {
    const { args } = call;
    let [at, code] = [0, false];
    for (; at < args.length && !code; at += 1) {
      const text = args[at]?.text ?? "";
      if (text === "--noprofile" || text === "--norc" || text === "--posix") continue;
      const letters = /^-([A-Za-z]+)$/.exec(text)?.[1];
      if (letters === undefined || !/^[ceuxvnf]+$/.test(letters)) break;
      code = letters.includes("c");
    }
    const [script, ...rest] = code ? args.slice(at) : [];
    if (script === undefined) {
      call.beyond(`${call.name} runs whatever it is given`);
      const dashC = args.findIndex(({ text }) => /^-[A-Za-z]*c/.test(text ?? ""));
      const later = dashC < 0 ? undefined : args[dashC + 1];
      if (later !== undefined) call.runsShell(later);
      readEverything(call);
      return false;
    }
    call.runsShell(script);
    if (script.text === null) {
      call.beyond(`what ${call.name} would run is not known before`);
      return false;
    }
    if (!isBash && onlyInBash.test(script.text))
      call.unknown(`${call.name} reads this in another way than bash`);
    if (rest.length > 1) call.unknown(`${call.name} is given arguments for its code`);
    return true;
  };
}

/** The manuals of GNU coreutils 9.1, util-linux 2.38, bash 5.2 and dash 0.5.12. */
export const wrappers: Readonly<Record<string, Wrapper>> = {
  env,
  nice: inFront({ values: { n: "data" }, longValues: { adjustment: "data" } }, 0),
  nohup: inFront({}, 0),
  setsid: inFront({ flags: "cfw", long: "ctty fork wait" }, 0),
  stdbuf: inFront(
    {
      values: { i: "data", o: "data", e: "data" },
      longValues: { input: "data", output: "data", error: "data" },
    },
    0,
  ),
  timeout: inFront(
    {
      flags: "v",
      values: { k: "data", s: "data" },
      long: "foreground preserve-status verbose",
      longValues: { "kill-after": "data", signal: "data" },
    },
    1,
  ),
  time: inFront({ flags: "pv" }, 0),
  command: (call) => {
    const [first] = call.args;
    // It also only tells where a program is.
    if (/^-[vV]+$/.test(first?.text ?? "")) return true;
    return inFront({ flags: "p" }, 0)(call);
  },
  builtin: inFront({}, 0),
  bash: shell(true),
  sh: shell(false),
  dash: shell(false),
};

/** Programs that run others, and need a grant of their own for that. */
const runners = new Set(
  (
    "ionice chrt watch flock taskset unshare numactl cpulimit caffeinate faketime fakeroot proot script unbuffer busybox " +
    "toybox parallel strace ltrace zsh ksh ash fish csh tcsh rbash xvfb-run dbus-run-session chronic choom prlimit " +
    "setarch linux64 linux32 i386 x86_64 runcon entr"
  ).split(" "),
);

/** Whatever such a program may run is looked at, for what is never done. */
export function looksInside(call: Call): void {
  if (!runners.has(call.name)) return;
  for (const [at, arg] of call.args.entries()) {
    const { text } = arg;
    if (text === null) continue;
    if (/^-[A-Za-z]*c/.test(call.args[at - 1]?.text ?? "")) call.runsShell(arg);
    else if (!text.startsWith("-")) call.runs(call.args.slice(at));
  }
}

/** Whether it runs whatever program stands in its arguments, and is asked about itself. */
export function isRunner(name: string): boolean {
  return runners.has(name);
}

export function isShell(name: string): boolean {
  return /^(?:sh|bash|dash|zsh|ksh|mksh|ash|csh|tcsh|fish|rbash|rksh|busybox|pwsh)$/.test(name);
}

/** Whether what a program is given runs: code in a language, or in a file. */
export function isInterpreter(name: string): boolean {
  return isShell(name) || interpreters.test(name);
}

const interpreters =
  /^(?:python[\d.]*|pypy3?|node|deno|bun|perl[\d.]*|ruby[\d.]*|php[\d.]*|lua[\d.]*|luajit|tclsh|Rscript|osascript|source|eval|\.)$/;

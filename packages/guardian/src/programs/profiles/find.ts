import type { Argument } from "../../shell/argument.ts";
import type { Profile } from "../call.ts";
import { readEverything, splitOptions, suspect } from "../options.ts";

const tests = new Set(
  (
    "-empty -executable -false -nogroup -nouser -readable -true -writable -print -print0 -prune -quit -daystart -depth " +
    "-noleaf -mount -xdev -ignore_readdir_race -noignore_readdir_race -a -and -o -or -not ! ( ) , -ls"
  ).split(" "),
);
const testsWithValue = new Set(
  (
    "-amin -atime -cmin -ctime -fstype -gid -group -ilname -iname -inum -ipath -iregex -iwholename -links -lname -mmin " +
    "-mtime -name -path -perm -regex -size -type -uid -used -user -wholename -xtype -maxdepth -mindepth -regextype -printf " +
    "-context"
  ).split(" "),
);
const testsWithFile = /^-(?:newer|anewer|cnewer|samefile|newer[aBcm][aBcm])$/;
const runners = new Set(["-exec", "-execdir", "-ok", "-okdir"]);
const writers = new Set(["-fprint", "-fprint0", "-fls", "-fprintf"]);

/** The manual of GNU findutils 4.9: options, starting points, then an expression. */
const find: Profile = (call) => {
  const { args } = call;
  let at = 0;
  for (; at < args.length && /^-(?:P|O[0-3]?)$/.test(args[at]?.text ?? ""); at += 1);
  const option = args[at]?.text ?? "";
  if (/^-[HLD]/.test(option)) {
    call.beyond("find would follow links to other places");
    at += 1;
  }
  const start = at;
  for (; at < args.length && !/^[-!(),]/.test(args[at]?.text ?? args[at]?.pattern ?? "-"); at += 1) {
    const path = args[at];
    if (path !== undefined) call.reads(path);
  }
  if (at === start) call.readsFolder();
  const begun = at;
  while (at < args.length) {
    const arg = args[at];
    at += 1;
    const word = arg?.text ?? null;
    if (arg === undefined || word === null) {
      call.beyond("an expression of find is not known before the run");
      if (arg !== undefined) suspect(call, arg);
    } else if (tests.has(word)) continue;
    else if (testsWithValue.has(word)) {
      if (args[at]?.text === null || args[at] === undefined)
        call.beyond(`the value of ${word} is not known before the run`);
      at += 1;
    } else if (testsWithFile.test(word)) {
      const file = args[at];
      at += 1;
      if (file === undefined) call.beyond(`${word} has no value`);
      else if (!word.endsWith("t")) call.reads(file);
    } else if (writers.has(word)) {
      const file = args[at];
      at += word === "-fprintf" ? 2 : 1;
      if (file === undefined) call.beyond(`${word} has no value`);
      else call.writes(file);
    } else if (word === "-delete") {
      call.beyond("find would remove what it finds");
      // Without a condition that is everything.
      const all = args
        .slice(begun)
        .every(({ text }) => text !== null && /^-(?:delete|depth|xdev|mount|print0?)$/.test(text));
      for (const root of all ? args.slice(start, begun) : []) call.removes(root);
    } else if (runners.has(word)) {
      const end = args.findIndex(
        ({ text }, place) =>
          place >= at && (text === ";" || (text === "+" && args[place - 1]?.text === "{}")),
      );
      const words = args.slice(at, end < 0 ? args.length : end);
      at = end < 0 ? args.length : end + 1;
      runOnFound(call, words, word);
    } else {
      call.beyond(`find has ${word}, which is not known here`);
      suspect(call, arg);
    }
  }
};

/** `{}` stands for names below the starting points, which the program gets as its arguments. */
function runOnFound(call: Parameters<Profile>[0], words: readonly Argument[], how: string): void {
  if (words.length === 0) return call.beyond(`${how} has no program`);
  call.beyond(`find would run ${words[0]?.source ?? "a program"} on what it finds`);
  call.runs(words.filter(({ text }) => text !== "{}"));
}

/** The manual of GNU findutils 4.9. */
const xargs: Profile = (call) => {
  let from: Argument | null = null;
  const given = splitOptions(call, call.args, {
    flags: "0rtxp",
    values: {
      a: (_, path) => void (from = path),
      E: "data",
      L: "data",
      n: "data",
      P: "data",
      s: "data",
      d: "data",
    },
    long: "null no-run-if-empty verbose exit",
    longValues: { "max-args": "data", "max-procs": "data", "max-chars": "data", delimiter: "data" },
    stopAtOperand: true,
  });
  if (given === null) {
    for (const [at, arg] of call.args.entries()) {
      const { text } = arg;
      if (text !== null && !text.startsWith("-")) call.runs(call.args.slice(at));
      else if (text !== null) suspect(call, arg);
    }
    return readEverything(call);
  }
  const { operands, options } = given;
  if (from !== null) call.reads(from);
  const clean = (options.has("0") || options.has("null")) && from === null;
  // Where names end with NUL and come from a search in the scope they are names of files in it, and nothing else.
  if (!clean || !call.fedByNames)
    call.unknown("xargs makes arguments out of what it reads, which is not known before the run");
  call.runsOnNames(operands);
};

const fd: Profile = (call) => {
  const given = splitOptions(call, call.args, {
    flags: "HIusigFaLlp0",
    values: { e: "data", t: "data", d: "data", E: "data", S: "data", j: "data", c: "data" },
    long: "hidden no-ignore case-sensitive ignore-case glob fixed-strings absolute-path list-details full-path print0",
    longValues: {
      extension: "data",
      type: "data",
      "max-depth": "data",
      exclude: "data",
      size: "data",
      color: "data",
    },
  });
  if (given === null || given.options.has("L")) {
    call.beyond("fd would follow links, or run what is not known here");
    return readEverything(call);
  }
  const [, ...paths] = given.operands;
  for (const path of paths) call.reads(path);
  if (paths.length === 0) call.readsFolder();
};

export const findProfiles: Readonly<Record<string, Profile>> = { find, xargs, fd, fdfind: fd };

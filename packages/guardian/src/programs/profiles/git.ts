import type { Argument } from "../../shell/argument.ts";
import type { Call, Profile } from "../call.ts";
import { type Options, readEverything, splitOptions, suspect, take } from "../options.ts";
import { diffOptions, lineRange, logOptions, revisionOptions, revisionOrPath } from "./git-options.ts";

/** Before the command: these change how something is shown or found, in the same repository. */
const harmless = new Set(
  (
    "--no-pager -P --no-replace-objects --no-optional-locks --literal-pathspecs --glob-pathspecs --noglob-pathspecs " +
    "--icase-pathspecs --no-advice"
  ).split(" "),
);

/** Reads only, in the repository of the folder. */
function reader(spec: Options): Profile {
  return (call) => {
    const given = splitOptions(call, call.args, spec);
    call.readsFolder();
    if (given === null) return readEverything(call);
    if (call.args.some(({ text }) => /^--(?:format|pretty)=.*%G/.test(text ?? "")))
      call.beyond("git would have signatures checked by another program");
    for (const operand of given.operands) revisionOrPath(call, operand);
  };
}

/** Changes what is in the folder, which the copy that is kept before can bring back. */
function writer(spec: Options, operand: (call: Call, arg: Argument) => void = revisionOrPath): Profile {
  return (call) => {
    const given = splitOptions(call, call.args, spec);
    call.fillsFolder();
    if (given === null) return readEverything(call);
    for (const one of given.operands) operand(call, one);
  };
}

const stash: Profile = (call) => {
  const [first, ...rest] = call.args;
  call.fillsFolder();
  const name = first?.text ?? "push";
  const options: Record<string, Options> = {
    push: {
      flags: "kuqSaN",
      long: "keep-index no-keep-index include-untracked all quiet staged",
      values: { m: "data" },
      longValues: { message: "data" },
    },
    list: logOptions,
    show: { ...diffOptions, long: `${diffOptions.long} include-untracked only-untracked` },
    pop: { flags: "q", long: "index quiet" },
    apply: { flags: "q", long: "index quiet" },
    drop: { flags: "q", long: "quiet" },
    clear: {},
  };
  const spec = Object.hasOwn(options, name) ? options[name] : undefined;
  const plain = first === undefined || name.startsWith("-");
  if (spec === undefined && !plain) return call.beyond(`git stash has ${name}, which is not known here`);
  const given = splitOptions(call, plain ? call.args : rest, spec ?? options["push"] ?? {});
  if (given === null) return readEverything(call);
  if (name === "drop" || name === "clear") call.loses("what was put aside");
  for (const operand of given.operands) revisionOrPath(call, operand);
};

const checkout: Profile = (call) => {
  call.fillsFolder();
  const end = call.args.findIndex(({ text }) => text === "--");
  const given = splitOptions(call, call.args, {
    flags: "qfldmt",
    values: { b: "data", B: "data" },
    long: "quiet progress no-progress force detach guess no-guess ignore-skip-worktree-bits merge no-track no-overlay overlay ours theirs",
    longValues: { orphan: "data", conflict: "data", "pathspec-from-file": "read" },
    longAttached: "track",
  });
  if (given === null) return readEverything(call);
  const { operands, options } = given;
  for (const operand of operands) revisionOrPath(call, operand);
  const overwrites = ["f", "force", "ours", "theirs", "B"].some((name) => options.has(name));
  const paths = end >= 0 || operands.length > 1 || operands.some((operand) => call.isThere(operand));
  if (overwrites || paths) call.loses("changes that are not committed");
};

/** Where a repository is fetched from, if that is said; otherwise its settings say so, which can be anything. */
const fetches: Profile = (call) => {
  const given = splitOptions(call, call.args, {
    flags: "apPntqvkf46".replace("f", ""),
    values: { j: "data" },
    long: "all prune no-prune prune-tags no-tags tags quiet verbose dry-run keep progress no-progress no-auto-maintenance no-auto-gc atomic",
    longValues: { depth: "data", deepen: "data", "shallow-since": "data", jobs: "data", filter: "data" },
  });
  call.fillsFolder();
  if (given === null) {
    for (const arg of call.args) if (/^[a-z][a-z0-9+.-]*:/i.test(arg.atLeast)) call.mentionsUrl(arg);
    return readEverything(call);
  }
  const [from, ...refs] = given.operands;
  if (from?.text !== null && from?.text !== undefined && /^[a-z][a-z0-9+.-]*:\/\//i.test(from.text))
    call.reaches(from, false);
  else call.unknown("git would reach another computer that its settings name");
  for (const ref of refs) take(call, "data", ref);
};

const branch: Profile = (call) => {
  const given = splitOptions(call, call.args, {
    flags: "arvliq",
    long: "all remotes list verbose show-current ignore-case no-color no-column no-abbrev omit-empty quiet",
    longValues: {
      contains: "data",
      "no-contains": "data",
      merged: "data",
      "no-merged": "data",
      "points-at": "data",
      sort: "data",
      format: "data",
    },
    longAttached: "color column abbrev",
  });
  call.readsFolder();
  if (given === null) return readEverything(call);
  const { operands, options } = given;
  // Without one of these a name makes a branch.
  if (operands.length > 0 && !options.has("list") && !options.has("l"))
    call.beyond("git would make a branch");
  for (const operand of operands) take(call, "data", operand);
};

const commands: Readonly<Record<string, Profile>> = {
  status: reader({
    flags: "sbvz",
    attached: "u",
    long: "short branch show-stash verbose long null no-renames no-column renames no-ahead-behind ahead-behind",
    longAttached: "porcelain untracked-files ignore-submodules ignored column find-renames",
  }),
  diff: reader(diffOptions),
  log: reader(logOptions),
  show: reader(logOptions),
  "rev-parse": reader({
    long: "abbrev-ref show-toplevel show-prefix show-cdup git-dir is-inside-work-tree is-inside-git-dir is-bare-repository verify quiet symbolic symbolic-full-name all branches tags remotes",
    longAttached: "short",
    flags: "q",
  }),
  "rev-list": reader(revisionOptions),
  describe: reader({
    long: "all tags contains long always exact-match first-parent",
    longAttached: "dirty broken abbrev",
    longValues: { candidates: "data", match: "data", exclude: "data" },
  }),
  blame: reader({
    flags: "bcflnstwepkM",
    long: "root show-stats porcelain line-porcelain incremental show-name show-number show-email",
    values: { L: lineRange },
    longAttached: "abbrev date",
    attached: "C",
  }),
  shortlog: reader({
    flags: "nsec",
    long: "numbered summary email committer",
    longValues: { since: "data", until: "data", author: "data" },
  }),
  "ls-files": reader({
    flags: "cdmoiksutvz",
    long: "cached deleted modified others ignored stage unmerged killed exclude-standard error-unmatch full-name",
    longValues: { exclude: "data" },
  }),
  "ls-tree": reader({
    flags: "drtlz",
    long: "name-only name-status full-name full-tree long",
    longAttached: "abbrev",
  }),
  "cat-file": reader({ flags: "tspe" }),
  "merge-base": reader({ flags: "a", long: "all octopus independent is-ancestor fork-point" }),
  grep: reader({
    flags: "aiIwvhHEGPFnlLczopqr",
    values: { A: "data", B: "data", C: "data", e: "data", m: "data", f: "read" },
    long: "cached untracked no-index text ignore-case word-regexp invert-match full-name extended-regexp basic-regexp perl-regexp fixed-strings line-number column files-with-matches name-only files-without-match only-matching count no-color break heading show-function function-context and or not all-match quiet".replace(
      " no-index",
      "",
    ),
    longValues: { "max-depth": "data", "max-count": "data", threads: "data" },
    longAttached: "color",
    number: true,
  }),
  branch,
  tag: (call) => {
    const given = splitOptions(call, call.args, {
      flags: "l",
      long: "list",
      longValues: { sort: "data", contains: "data", format: "data", "points-at": "data", merged: "data" },
      attached: "n",
    });
    call.readsFolder();
    if (given === null) return readEverything(call);
    if (given.operands.length > 0 && !given.options.has("l") && !given.options.has("list"))
      call.beyond("git would make a tag");
  },
  add: writer({
    flags: "nvfAu",
    long: "dry-run verbose force update all no-ignore-removal no-all ignore-removal intent-to-add refresh ignore-errors ignore-missing renormalize sparse",
    longValues: { "pathspec-from-file": "read", chmod: "data" },
  }),
  commit: writer({
    flags: "aqvsn",
    values: { m: "data", F: "read", t: "read", C: "data" },
    long: "all quiet verbose signoff no-signoff no-verify allow-empty allow-empty-message amend no-edit dry-run short branch long null only include no-status status no-gpg-sign reset-author no-post-rewrite",
    longValues: {
      message: "data",
      author: "data",
      date: "data",
      file: "read",
      template: "read",
      "reuse-message": "data",
      fixup: "data",
      squash: "data",
      cleanup: "data",
      trailer: "data",
      "pathspec-from-file": "read",
    },
    longAttached: "porcelain untracked-files",
  }),
  restore: (call) => {
    call.loses("changes that are not committed");
    writer({
      flags: "qWS",
      long: "quiet worktree staged ours theirs ignore-unmerged overlay no-overlay",
      values: { s: "data" },
      longValues: { source: "data", "pathspec-from-file": "read" },
    })(call);
  },
  switch: writer(
    {
      flags: "qdt",
      long: "quiet detach guess no-guess merge progress no-progress no-track",
      values: { c: "data" },
      longValues: { create: "data", orphan: "data" },
      longAttached: "track",
    },
    (call, arg) => take(call, "data", arg),
  ),
  reset: (call) => {
    const given = splitOptions(call, call.args, {
      flags: "qN",
      long: "quiet soft mixed hard merge keep intent-to-add",
      longValues: { "pathspec-from-file": "read" },
    });
    call.fillsFolder();
    if (given === null) return readEverything(call);
    if (["hard", "merge", "keep"].some((name) => given.options.has(name)))
      call.loses("changes that are not committed");
    for (const operand of given.operands) revisionOrPath(call, operand);
  },
  mv: writer({ flags: "fknv", long: "force dry-run verbose" }, (call, arg) => {
    call.removes(arg);
    call.writes(arg);
  }),
  rm: writer({ flags: "fnrq", long: "force dry-run cached ignore-unmatch quiet" }, (call, arg) =>
    call.removes(arg),
  ),
  checkout,
  stash,
  fetch: fetches,
};

/** The manual of git 2.39. Settings from outside the repository, hooks, pagers and helpers are switched off around it. */
const git: Profile = (call) => {
  const args = [...call.args];
  while (args[0]?.text !== undefined && args[0].text !== null && args[0].text.startsWith("-")) {
    const option = args[0].text;
    if (!harmless.has(option)) {
      call.beyond(`git has the option ${option}, with which it does more or does it elsewhere`);
      for (const arg of args) suspect(call, arg);
      return refuseSettings(call, args);
    }
    args.shift();
  }
  const [first, ...rest] = args;
  const name = first?.text ?? null;
  if (name === null) return call.beyond("what git is to do is not known before the run");
  call.namedAs([name, ...rest.map(({ text, source }) => text ?? source)]);
  const profile = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (profile !== undefined) return profile({ ...call, name: `git ${name}`, args: rest });
  call.beyond(`git ${name} does more than is known here`);
  for (const arg of rest) suspect(call, arg);
  for (const arg of rest) if (/^[a-z][a-z0-9+.-]*:\/\//i.test(arg.atLeast)) call.mentionsUrl(arg);
  refuseSettings(call, args);
};

/** What is written into settings runs whenever git is used next, by whom ever. */
function refuseSettings(call: Call, args: readonly Argument[]): void {
  const [first, ...rest] = args
    .filter(({ atLeast }) => !atLeast.startsWith("-"))
    .map(({ atLeast }) => atLeast);
  const writes = args.some(({ text }) =>
    /^--(?:global|system|add|unset|unset-all|replace-all|edit|rename-section|remove-section)$|^-e$/.test(
      text ?? "",
    ),
  );
  if (
    first === "config" &&
    (writes || rest.length > 1) &&
    !["get", "list", "get-all"].includes(rest[0] ?? "") &&
    !args.some(({ text }) => text?.startsWith("--get") === true)
  )
    call.refuse("the settings of git would be changed, which run with everybody who uses it");
}

export const gitProfiles: Readonly<Record<string, Profile>> = { git };

import type { Argument } from "../../shell/argument.ts";
import type { Call } from "../call.ts";
import type { Options } from "../options.ts";

/** Revisions, or paths: both mean the repository itself, unless a path leads out of it. */
export function revisionOrPath(call: Call, arg: Argument): void {
  const { text } = arg;
  if (text === null) return call.reads(arg);
  if (/^(?:\/|~)|(?:^|\/)\.\.(?:\/|$)/.test(text)) return call.reads(arg);
  call.readsIfThere(arg);
}

/** `-L` names lines and a file, or a function and a file. */
export function lineRange(call: Call, value: Argument): void {
  const path = value.text?.slice(value.text.lastIndexOf(":") + 1);
  if (path === undefined) call.reads(value);
  else revisionOrPath(call, { ...value, text: path, atLeast: path });
}

/** Options of everything that shows differences (git-diff(1)), without those that run or write. */
const diffFlags = "puszRabwD";
const diffLong =
  "patch no-patch raw patch-with-raw patch-with-stat minimal patience histogram numstat shortstat summary compact-summary " +
  "cumulative name-only name-status no-color no-color-moved no-renames rename-empty no-rename-empty check full-index " +
  "binary find-copies-harder irreversible-delete pickaxe-all pickaxe-regex text ignore-cr-at-eol ignore-space-at-eol " +
  "ignore-space-change ignore-all-space ignore-blank-lines function-context exit-code quiet no-ext-diff no-textconv " +
  "no-prefix default-prefix no-indent-heuristic indent-heuristic cached staged merge-base no-relative";
const diffAttached =
  "stat dirstat color color-moved color-moved-ws word-diff color-words abbrev find-renames find-copies break-rewrites " +
  "submodule relative ignore-submodules diff-merges";
const diffLongValues: NonNullable<Options["longValues"]> = {
  unified: "data",
  "diff-algorithm": "data",
  anchored: "data",
  "ws-error-highlight": "data",
  "word-diff-regex": "data",
  "inter-hunk-context": "data",
  "diff-filter": "data",
  "find-object": "data",
  "src-prefix": "data",
  "dst-prefix": "data",
  "line-prefix": "data",
  "ignore-matching-lines": "data",
  "skip-to": "data",
  "rotate-to": "data",
  output: "write",
};
const diffValues: NonNullable<Options["values"]> = { S: "data", G: "data", l: "data", I: "data" };

/** What log adds to it (git-log(1)). */
const logLong =
  "oneline graph all merges no-merges first-parent reverse follow full-diff log-size no-decorate source " +
  "mailmap use-mailmap no-mailmap no-use-mailmap abbrev-commit no-abbrev-commit parents children left-right cherry-mark " +
  "cherry-pick cherry left-only right-only boundary simplify-by-decoration simplify-merges full-history dense sparse " +
  "ancestry-path date-order author-date-order topo-order walk-reflogs relative-date clear-decorations no-notes " +
  "regexp-ignore-case basic-regexp extended-regexp fixed-strings perl-regexp all-match invert-grep no-walk " +
  "bisect not reflog no-expand-tabs dd no-diff-merges combined-all-paths";
const logLongValues: NonNullable<Options["longValues"]> = {
  "max-count": "data",
  skip: "data",
  since: "data",
  after: "data",
  until: "data",
  before: "data",
  author: "data",
  committer: "data",
  grep: "data",
  "grep-reflog": "data",
  date: "data",
  "decorate-refs": "data",
  "decorate-refs-exclude": "data",
  "max-parents": "data",
  "min-parents": "data",
  exclude: "data",
  glob: "data",
};
const logAttached = "decorate format pretty branches tags remotes notes show-notes expand-tabs encoding";

/** Those that may have a value, and then attached: `-M90%`, `-U3`. */
const diffShortAttached = "MCBXU";

export const diffOptions: Options = {
  flags: diffFlags,
  values: diffValues,
  attached: diffShortAttached,
  long: diffLong,
  longValues: diffLongValues,
  longAttached: diffAttached,
};

export const logOptions: Options = {
  flags: `${diffFlags}giEFP`,
  values: { ...diffValues, n: "data", L: lineRange },
  attached: diffShortAttached,
  long: `${diffLong} ${logLong}`,
  longValues: { ...diffLongValues, ...logLongValues },
  longAttached: `${diffAttached} ${logAttached}`,
  number: true,
};

/** What walks through revisions without showing differences. */
export const revisionOptions: Options = {
  values: { n: "data" },
  long: `count ${logLong}`,
  longValues: logLongValues,
  longAttached: logAttached,
  number: true,
};

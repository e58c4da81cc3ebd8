import { isFileComparison, isFileTest } from "../../shell/file-tests.ts";
import type { Profile } from "../call.ts";
import { type Options, readEverything, simple, splitOptions, take } from "../options.ts";

// What they check is named in a file, and can be anywhere.
const digest = simple({ flags: "btz", long: "binary tag text zero" }, "read");

const ls: Profile = (call) => {
  const given = splitOptions(call, call.args, {
    flags: "aAbBcCdDfFgGhiklmnNopqQrRsStuUvxXZ1",
    values: { I: "data", T: "data", w: "data" },
    long:
      "all almost-all author escape ignore-backups directory dired no-group human-readable si inode kibibytes literal " +
      "hide-control-chars show-control-chars quote-name reverse recursive size context zero group-directories-first " +
      "numeric-uid-gid file-type full-time",
    longValues: {
      "block-size": "data",
      format: "data",
      hide: "data",
      "indicator-style": "data",
      ignore: "data",
      "quoting-style": "data",
      sort: "data",
      time: "data",
      "time-style": "data",
      tabsize: "data",
      width: "data",
    },
    longAttached: "color classify hyperlink",
  });
  if (given === null) return readEverything(call);
  for (const path of given.operands) call.reads(path);
  if (given.operands.length === 0) call.readsFolder();
};

const diffOptions: Options = {
  flags: "abBcdeEHiNnpPqrstTuwyZ",
  values: {
    C: "data",
    F: "data",
    I: "data",
    L: "data",
    S: "data",
    U: "data",
    W: "data",
    x: "data",
    X: "read",
  },
  long:
    "normal brief report-identical-files ed rcs side-by-side left-column suppress-common-lines show-c-function " +
    "recursive no-dereference new-file unidirectional-new-file ignore-file-name-case no-ignore-file-name-case " +
    "ignore-case ignore-tab-expansion ignore-trailing-space ignore-space-change ignore-all-space ignore-blank-lines " +
    "text strip-trailing-cr expand-tabs initial-tab suppress-blank-empty minimal speed-large-files",
  longValues: {
    "starting-file": "data",
    exclude: "data",
    "exclude-from": "read",
    "ignore-matching-lines": "data",
    label: "data",
    width: "data",
    tabsize: "data",
    "horizon-lines": "data",
    "from-file": "read",
    "to-file": "read",
  },
  longAttached: "context unified color",
};

const diff: Profile = (call) => {
  const given = splitOptions(call, call.args, diffOptions);
  if (given === null) return readEverything(call);
  const { operands, options } = given;
  for (const operand of operands) {
    call.reads(operand);
    if ((options.has("r") || options.has("recursive")) && !options.has("no-dereference"))
      call.followsLinksIn(operand);
  }
};

/** The manuals of GNU coreutils 9.1, diffutils 3.8, file 5.44, util-linux 2.38. */
export const lookProfiles: Readonly<Record<string, Profile>> = {
  ls,
  dir: ls,
  vdir: ls,
  cat: simple(
    {
      flags: "AbeEnstTuv",
      long: "show-all number-nonblank show-ends number squeeze-blank show-tabs show-nonprinting",
    },
    "read",
  ),
  tac: simple(
    { flags: "br", values: { s: "data" }, long: "before regex", longValues: { separator: "data" } },
    "read",
  ),
  head: simple(
    {
      flags: "qvz",
      values: { c: "data", n: "data" },
      long: "quiet silent verbose zero-terminated",
      longValues: { bytes: "data", lines: "data" },
      number: true,
    },
    "read",
  ),
  tail: simple(
    {
      flags: "fFqvz",
      values: { c: "data", n: "data", s: "data" },
      long: "quiet silent verbose zero-terminated retry",
      longValues: {
        bytes: "data",
        lines: "data",
        "sleep-interval": "data",
        pid: "data",
        "max-unchanged-stats": "data",
      },
      longAttached: "follow",
      number: true,
    },
    "read",
  ),
  wc: simple(
    {
      flags: "cmlLw",
      long: "bytes chars lines max-line-length words",
      longValues: { total: "data" },
    },
    "read",
  ),
  nl: simple(
    {
      flags: "p",
      values: {
        b: "data",
        d: "data",
        f: "data",
        h: "data",
        i: "data",
        l: "data",
        n: "data",
        s: "data",
        v: "data",
        w: "data",
      },
    },
    "read",
  ),
  od: simple(
    {
      flags: "abcdfhiloxv",
      attached: "w",
      values: { A: "data", j: "data", N: "data", t: "data", S: "data" },
    },
    "read",
  ),
  hexdump: simple({ flags: "bcCdoxv", values: { n: "data", s: "data" } }, "read"),
  strings: simple({ flags: "aw", values: { n: "data", t: "data", e: "data" }, long: "all" }, "read"),
  md5sum: digest,
  sha1sum: digest,
  sha224sum: digest,
  sha256sum: digest,
  sha384sum: digest,
  sha512sum: digest,
  b2sum: digest,
  cksum: simple({}, "read"),
  stat: simple(
    {
      flags: "ft",
      values: { c: "data" },
      long: "file-system terse",
      longValues: { format: "data", printf: "data" },
    },
    "read",
  ),
  file: simple(
    {
      flags: "bihkNnprSv0E",
      long: "brief mime mime-type mime-encoding keep-going no-buffer raw",
      values: { F: "data" },
    },
    "read",
  ),
  du: simple(
    {
      flags: "0abchHklmsSx",
      values: { B: "data", d: "data", t: "data" },
      long: "null all apparent-size bytes total human-readable inodes count-links no-dereference separate-dirs si summarize one-file-system",
      longValues: {
        "block-size": "data",
        "max-depth": "data",
        threshold: "data",
        exclude: "data",
        "exclude-from": "read",
      },
      longAttached: "time",
    },
    "read",
  ),
  df: simple(
    {
      flags: "ahHiklPT",
      values: { B: "data", t: "data", x: "data" },
      long: "all human-readable si inodes local portability print-type total",
    },
    "read",
  ),
  tree: simple(
    {
      flags: "adfixqQpugshDFvtcUrNS",
      values: { L: "data", P: "data", I: "data" },
      long: "noreport dirsfirst prune du",
      longValues: { filelimit: "data" },
    },
    "read",
  ),
  readlink: simple(
    {
      flags: "femnqsvz",
      long: "canonicalize canonicalize-existing canonicalize-missing no-newline quiet silent verbose zero",
    },
    "read",
  ),
  realpath: simple(
    {
      flags: "emLPqsz",
      long: "canonicalize-existing canonicalize-missing logical physical quiet strip no-symlinks zero",
      longValues: { "relative-to": "read", "relative-base": "read" },
    },
    "read",
  ),
  basename: simple(
    { flags: "az", values: { s: "data" }, long: "multiple zero", longValues: { suffix: "data" } },
    "data",
  ),
  dirname: simple({ flags: "z", long: "zero" }, "data"),
  cmp: simple(
    {
      flags: "bls",
      values: { i: "data", n: "data" },
      long: "print-bytes verbose quiet silent",
      longValues: { "ignore-initial": "data", bytes: "data" },
    },
    "read",
  ),
  comm: simple(
    {
      flags: "123z",
      long: "check-order nocheck-order total zero-terminated",
      longValues: { "output-delimiter": "data" },
    },
    "read",
  ),
  diff,
  pwd: simple({ flags: "LP", long: "logical physical" }, "none"),
  true: simple({}, "data"),
  false: simple({}, "data"),
  ":": simple({}, "data"),
  whoami: simple({}, "none"),
  nproc: simple({ long: "all", longValues: { ignore: "data" } }, "none"),
  arch: simple({}, "none"),
  uname: simple(
    {
      flags: "asnrvmpio",
      long: "all kernel-name nodename kernel-release kernel-version machine processor hardware-platform operating-system",
    },
    "none",
  ),
  uptime: simple({ flags: "ps", long: "pretty since" }, "none"),
  id: simple({ flags: "agGnruz", long: "group groups name real user zero" }, "data"),
  sleep: simple({}, "data"),
  seq: simple(
    {
      flags: "w",
      values: { f: "data", s: "data" },
      long: "equal-width",
      longValues: { format: "data", separator: "data" },
    },
    "data",
  ),
  which: simple({ flags: "as" }, "data"),
  cal: simple({ flags: "13yjmsw" }, "data"),
  date: (call) => {
    const given = splitOptions(call, call.args, {
      flags: "uR",
      values: { d: "data", f: "read", r: "read" },
      long: "utc universal rfc-email debug",
      longValues: { date: "data", file: "read", reference: "read", "rfc-3339": "data" },
      attached: "I",
      longAttached: "iso-8601",
    });
    if (given === null) return readEverything(call);
    // Anything else sets the clock.
    for (const { text, source } of given.operands)
      if (text?.startsWith("+") !== true) call.beyond(`date would take ${source} for a new time`);
  },
  // Its options are text, too, when it does not know them.
  echo: (call) => {
    for (const arg of call.args) take(call, "data", arg);
  },
  printf: (call) => {
    const [first] = call.args;
    if (first?.text?.startsWith("-") === true && first.text !== "--")
      call.beyond("printf -v sets a variable");
    for (const arg of call.args) take(call, "data", arg);
  },
  test: test,
  "[": test,
};

/** Conditions of files read them; those of numbers are plain here, other than in `[[ ]]`. */
function test(call: Parameters<Profile>[0]): void {
  call.args.forEach((arg, at) => {
    const before = call.args[at - 1]?.text ?? "";
    if (isFileTest(before) || isFileComparison(before)) call.reads(arg);
    else if (arg.text === "-v" || arg.text === "-R") call.beyond("test -v evaluates the name of a variable");
    else take(call, "data", arg);
  });
}

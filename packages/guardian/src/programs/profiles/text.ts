import { known } from "../../shell/argument.ts";
import type { Call, Profile } from "../call.ts";
import { type LanguageEffects, readAwk, readJq, readSed } from "../languages.ts";
import { readEverything, simple, splitOptions, take } from "../options.ts";

/** What a small language in an argument does; one that is not known before the run is `beyond`. */
function understand(call: Call, text: string | null, language: (text: string) => LanguageEffects): void {
  if (text === null) return call.beyond(`what ${call.name} is told is not known before the run`);
  const { reads, writes, beyond } = language(text);
  for (const path of reads) call.reads(known(path));
  for (const path of writes) call.writes(known(path));
  if (beyond !== null) call.beyond(beyond);
}

const sed: Profile = (call) => {
  const scripts: (string | null)[] = [];
  const given = splitOptions(call, call.args, {
    flags: "nErszu",
    attached: "i",
    values: { e: (_, { text }) => void scripts.push(text), l: "data" },
    long: "quiet silent regexp-extended separate null-data unbuffered debug posix sandbox",
    longValues: { expression: (_, { text }) => void scripts.push(text), "line-length": "data" },
    longAttached: "in-place",
  });
  if (given === null) return readEverything(call);
  const { operands, options } = given;
  const [first, ...rest] = operands;
  const files = scripts.length > 0 ? operands : rest;
  if (scripts.length === 0) {
    if (first === undefined) return call.beyond("sed has no script");
    scripts.push(first.text);
  }
  // Each continues the one before, as on a new line.
  understand(call, scripts.includes(null) ? null : scripts.join("\n"), readSed);
  for (const file of files) {
    call.reads(file);
    if (options.has("i") || options.has("in-place")) call.writes(file);
  }
};

const awk: Profile = (call) => {
  const given = splitOptions(call, call.args, {
    values: { F: "data", v: "data" },
    long: "posix traditional re-interval characters-as-bytes bignum sandbox",
    longValues: { "field-separator": "data", assign: "data" },
    stopAtOperand: true,
  });
  if (given === null) return readEverything(call);
  const [program, ...files] = given.operands;
  if (program === undefined) return call.beyond("awk has no program");
  understand(call, program.text, readAwk);
  for (const file of files) if (!/^[A-Za-z_]\w*=/.test(file.text ?? "")) call.reads(file);
};

const jq: Profile = (call) => {
  const args = [...call.args];
  const plain: typeof args = [];
  let onlyData = false;
  // Options with two values are not for `getopt`.
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at];
    if (arg === undefined) break;
    if (arg.text === "--arg" || arg.text === "--argjson") {
      for (const value of args.slice(at + 1, at + 3)) take(call, "data", value);
      at += 2;
    } else if (arg.text === "--rawfile" || arg.text === "--slurpfile") {
      const file = args[at + 2];
      if (file !== undefined) call.reads(file);
      at += 2;
    } else if (arg.text === "--args" || arg.text === "--jsonargs") onlyData = true;
    else plain.push(arg);
  }
  const given = splitOptions(call, plain, {
    flags: "cCMnrRsSajeh",
    long:
      "compact-output color-output monochrome-output null-input raw-output raw-input slurp sort-keys ascii-output " +
      "join-output exit-status tab unbuffered stream stream-errors seq raw-output0",
    longValues: { indent: "data" },
  });
  if (given === null) return readEverything(call);
  const [filter, ...files] = given.operands;
  understand(call, filter?.text ?? null, readJq);
  for (const file of files) take(call, onlyData ? "data" : "read", file);
};

const sort: Profile = simple(
  {
    flags: "bdfgiMhnRrVcCmsuz",
    values: { k: "data", t: "data", S: "data", o: "write", T: "write" },
    long:
      "ignore-leading-blanks dictionary-order ignore-case general-numeric-sort ignore-nonprinting month-sort " +
      "human-numeric-sort numeric-sort random-sort reverse version-sort merge stable unique zero-terminated debug",
    longValues: {
      key: "data",
      "field-separator": "data",
      "buffer-size": "data",
      "batch-size": "data",
      parallel: "data",
      sort: "data",
      output: "write",
      "temporary-directory": "write",
      "random-source": "read",
    },
    longAttached: "check",
  },
  "read",
);

const uniq: Profile = (call) => {
  const given = splitOptions(call, call.args, {
    flags: "cdDiuz",
    values: { f: "data", s: "data", w: "data" },
    long: "count repeated ignore-case unique zero-terminated",
    longValues: { "skip-fields": "data", "skip-chars": "data", "check-chars": "data" },
    longAttached: "all-repeated group",
  });
  if (given === null) return readEverything(call);
  const [input, output, ...more] = given.operands;
  if (input !== undefined) call.reads(input);
  if (output !== undefined) call.writes(output);
  if (more.length > 0) call.beyond("uniq takes one input and one output");
};

const coding: Profile = simple(
  { flags: "di", values: { w: "data" }, long: "decode ignore-garbage", longValues: { wrap: "data" } },
  "read",
);

/** The manuals of GNU coreutils 9.1, sed 4.9, awk (POSIX), jq 1.6, util-linux 2.38. */
export const textProfiles: Readonly<Record<string, Profile>> = {
  sed,
  awk,
  gawk: awk,
  mawk: awk,
  nawk: awk,
  jq,
  sort,
  uniq,
  base64: coding,
  base32: coding,
  cut: simple(
    {
      flags: "nsz",
      values: { b: "data", c: "data", d: "data", f: "data" },
      long: "complement only-delimited zero-terminated",
      longValues: {
        bytes: "data",
        characters: "data",
        delimiter: "data",
        fields: "data",
        "output-delimiter": "data",
      },
    },
    "read",
  ),
  tr: simple({ flags: "cCdst", long: "complement delete squeeze-repeats truncate-set1" }, "data"),
  paste: simple(
    {
      flags: "sz",
      values: { d: "data" },
      long: "serial zero-terminated",
      longValues: { delimiters: "data" },
    },
    "read",
  ),
  join: simple(
    {
      flags: "iz",
      values: { a: "data", e: "data", j: "data", o: "data", t: "data", v: "data", "1": "data", "2": "data" },
      long: "ignore-case check-order nocheck-order header zero-terminated",
    },
    "read",
  ),
  fold: simple(
    { flags: "bs", values: { w: "data" }, long: "bytes spaces", longValues: { width: "data" } },
    "read",
  ),
  fmt: simple(
    { flags: "cstu", values: { w: "data", p: "data", g: "data" }, longValues: { width: "data" } },
    "read",
  ),
  expand: simple(
    { flags: "i", values: { t: "data" }, long: "initial", longValues: { tabs: "data" } },
    "read",
  ),
  unexpand: simple(
    { flags: "a", values: { t: "data" }, long: "all first-only", longValues: { tabs: "data" } },
    "read",
  ),
  column: simple(
    {
      flags: "teJLx",
      values: { n: "data", s: "data", o: "data", c: "data", N: "data", H: "data", R: "data" },
      long: "table json fillrows",
      longValues: {
        separator: "data",
        "output-separator": "data",
        "output-width": "data",
        "table-columns": "data",
      },
    },
    "read",
  ),
  rev: simple({}, "read"),
  tsort: simple({}, "read"),
  shuf: simple(
    {
      flags: "erz",
      values: { i: "data", n: "data", o: "write" },
      long: "echo repeat zero-terminated",
      longValues: { "input-range": "data", "head-count": "data", output: "write", "random-source": "read" },
    },
    "read",
  ),
  tee: simple({ flags: "aip", long: "append ignore-interrupts", longAttached: "output-error" }, "write"),
};

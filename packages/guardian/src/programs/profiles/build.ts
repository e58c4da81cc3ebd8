import type { Profile } from "../call.ts";
import { type Options, readEverything, simple, splitOptions, suspect, take } from "../options.ts";

/** A program that runs whatever a project says, with further arguments that are only data. */
function tester(spec: Options, operand: "data" | "read", refusesOperand: RegExp | null = null): Profile {
  return (call) => {
    const given = splitOptions(call, call.args, spec);
    if (given === null) return readEverything(call);
    for (const arg of given.operands) {
      if (refusesOperand !== null && arg.text !== null && refusesOperand.test(arg.text))
        call.beyond(`${call.name} would take ${arg.source} for more than a name`);
      take(call, operand, arg);
    }
  };
}

/** Runs other code by what it is told: only called exactly as granted. */
const opaque: Profile = (call) => {
  call.beyond(`${call.name} runs code, which cannot be told from its arguments`);
  for (const arg of call.args) suspect(call, arg);
};

/** Tools of which the first word says what they do. */
function byCommand(commands: Readonly<Record<string, Profile>>): Profile {
  return (call) => {
    const [first, ...rest] = call.args;
    const name = first?.text ?? "";
    const profile = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (profile === undefined) return opaque(call);
    profile({ ...call, name: `${call.name} ${name}`, args: rest });
  };
}

const cargo = byCommand(
  Object.fromEntries(
    ["test", "build", "check", "clippy", "bench", "doc"].map((name) => [
      name,
      tester(
        {
          flags: "qvr",
          values: { p: "data", j: "data", F: "data" },
          long:
            "lib bins tests benches examples all-targets release quiet verbose all-features no-default-features workspace " +
            "all no-run no-fail-fast keep-going locked offline frozen doc ignore-rust-version no-deps",
          longValues: {
            package: "data",
            bin: "data",
            test: "data",
            example: "data",
            bench: "data",
            jobs: "data",
            features: "data",
            exclude: "data",
            profile: "data",
            "message-format": "data",
            color: "data",
          },
        },
        "data",
      ),
    ]),
  ),
);

/** Its options have one dash or two, and values behind `=` or as the next word. */
const goTest: Profile = (call) => {
  const flags = /^--?(?:v|short|race|cover|failfast|json|a|n|x|i|c|benchmem|fullpath|trimpath|msan|asan)$/;
  const values =
    /^--?(run|skip|bench|benchtime|count|cpu|parallel|timeout|shuffle|list|tags|covermode|coverpkg|p|vet|mod)(=[^]*)?$/;
  for (let at = 0; at < call.args.length; at += 1) {
    const arg = call.args[at];
    const text = arg?.text ?? null;
    if (arg === undefined) break;
    if (text === null) call.beyond(`${arg.source} could become an option of go`);
    else if (!text.startsWith("-")) {
      if (text.startsWith("/") || (text.includes("..") && !/^(?:\.\/)?\.\.\.$|\/\.\.\.$/.test(text)))
        call.reads(arg);
    } else if (/^--?(?:c|o)$/.test(text)) call.beyond(`go would write a program`);
    else if (flags.test(text)) continue;
    else {
      const [, name, value] = values.exec(text) ?? [];
      if (name === undefined) {
        call.beyond(`go has the option ${text}, which is more than data or not known`);
        for (const one of call.args) suspect(call, one);
        return;
      }
      if (name === "mod" || name === "vet")
        call.beyond(`go has the option ${text}, which is more than data or not known`);
      if (value === undefined) at += 1;
    }
  }
};

const pytest = tester(
  {
    flags: "qvxsl",
    values: { k: "data", m: "data", r: "data", n: "data" },
    long:
      "verbose quiet exitfirst lf last-failed ff failed-first nf new-first sw stepwise collect-only co no-header no-summary " +
      "showlocals disable-warnings strict-markers strict-config full-trace",
    longValues: {
      maxfail: "data",
      tb: "data",
      durations: "data",
      "durations-min": "data",
      color: "data",
      capture: "data",
      deselect: "data",
      "show-capture": "data",
      "import-mode": "data",
      verbosity: "data",
    },
  },
  "read",
  /^@/,
);

/** The option parser takes one dash for two, and any case. */
const tsc: Profile = (call) => {
  const flags = new Set(
    (
      "noemit version v help h init pretty strict listfiles skiplibcheck noemitonerror traceresolution diagnostics " +
      "extendeddiagnostics showconfig nounusedlocals nounusedparameters allowjs checkjs esmoduleinterop resolvejsonmodule " +
      "noimplicitany incremental"
    ).split(" "),
  );
  const values = new Set("target t module m lib jsx moduleresolution types".split(" "));
  const reads = new Set("project p rootdir".split(" "));
  const writes = new Set("outdir outfile declarationdir tsbuildinfofile".split(" "));
  for (let at = 0; at < call.args.length; at += 1) {
    const arg = call.args[at];
    if (arg === undefined) break;
    const text = arg.text ?? "";
    const name = text.replace(/^--?/, "").toLowerCase();
    if (arg.text === null) call.beyond(`${arg.source} could become an option of tsc`);
    else if (text.startsWith("@")) call.beyond("tsc would read its options from a file");
    else if (!text.startsWith("-")) call.reads(arg);
    else if (flags.has(name)) {
      if (/^(?:true|false)$/.test(call.args[at + 1]?.text ?? "")) at += 1;
      if (name === "init") call.fillsFolder();
    } else if (values.has(name)) at += 1;
    else if (reads.has(name) || writes.has(name)) {
      const value = call.args[(at += 1)];
      if (value === undefined) call.beyond(`${text} has no value`);
      else if (reads.has(name)) call.reads(value);
      else call.writes(value);
    } else {
      call.beyond(`tsc has the option ${text}, which is more than data or not known`);
      for (const one of call.args) suspect(call, one);
      return;
    }
  }
};

const make: Profile = (call) => {
  const given = splitOptions(call, call.args, {
    flags: "kBsniqtw",
    // A number may follow, and anything else is a target.
    attached: "jl",
    long: "keep-going always-make silent quiet dry-run just-print question no-print-directory print-directory touch",
    longAttached: "jobs load-average",
  });
  if (given === null) return readEverything(call);
  for (const { text, source } of given.operands)
    if (text === null || text.includes("=")) call.beyond(`make would take ${source} for a variable`);
};

/** What runs code: exactly as granted. A package's manager runs the scripts of the package. */
const opaqueNames =
  "npm npx pnpm yarn bun bunx deno node python python2 python3 perl ruby php lua luajit Rscript julia tclsh guile sbcl ghc " +
  "runghc java javac scala groovy kotlin gcc g++ cc c++ clang clang++ ld as rustc rustup gdb lldb strace ltrace perf " +
  "valgrind pip pip3 pipx uv poetry conda gem bundle rake composer mvn gradle ant sbt dotnet nuget cmake ninja meson bazel " +
  "configure autoconf eslint prettier jest vitest mocha tox nox ruff mypy black webpack vite rollup esbuild next nuxt tsx " +
  "ts-node sqlite3 psql mysql redis-cli mongosh vim vi nano emacs ed ex less more man view pico code git-shell " +
  "ansible terraform helm expect screen tmux script busybox toybox parallel watch entr make-kpkg dpkg apt apt-get yum dnf " +
  "brew snap flatpak";

/** The manuals of cargo 1.80, go 1.22, pytest 8, TypeScript 5.5, GNU make 4.3. */
export const buildProfiles: Readonly<Record<string, Profile>> = {
  ...Object.fromEntries(opaqueNames.split(" ").map((name) => [name, opaque] as const)),
  cargo,
  go: byCommand({
    test: goTest,
    vet: goTest,
    build: (call) => (call.args.length === 0 ? undefined : goTest(call)),
  }),
  pytest,
  tsc,
  make,
  gmake: make,
  rustfmt: simple({ flags: "lq", long: "check quiet", longValues: { edition: "data" } }, (call, path) => {
    call.reads(path);
    call.writes(path);
  }),
};

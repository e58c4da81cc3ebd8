import type { Argument } from "../../shell/argument.ts";
import type { Call, Profile } from "../call.ts";
import { type Options, readEverything, simple, splitOptions } from "../options.ts";

/** Sources, and where they go: the last operand, or what `-t` says. */
function transfer(spec: Options, source: (call: Call, path: Argument) => void): Profile {
  return (call) => {
    let folder: Argument | null = null;
    const toFolder = (_: Call, path: Argument): void => void (folder = path);
    const given = splitOptions(call, call.args, {
      ...spec,
      values: { ...spec.values, t: toFolder },
      longValues: { ...spec.longValues, "target-directory": toFolder },
    });
    if (given === null) return readEverything(call);
    const sources = folder === null ? given.operands.slice(0, -1) : given.operands;
    const target = folder ?? given.operands.at(-1);
    if (target === undefined || sources.length === 0) return call.beyond(`${call.name} lacks what it needs`);
    if (
      given.options.has("T") ||
      given.options.has("no-target-directory") ||
      sources.some(({ text }) => /(?:^|\/)\.\/*$/.test(text ?? ""))
    )
      call.unknown("everything in a folder would be put into another");
    if (sources.some(({ pattern }) => /(?:^|\/)[.[][^/]*$/.test(pattern ?? "")))
      call.unknown("hidden files would be put where they may have a meaning");
    for (const path of sources) source(call, path);
    call.writes(target);
    // In a folder each keeps its name, which can be one that matters.
    for (const path of sources) within(call, target, path);
  };
}

function within(call: Call, target: Argument, source: Argument): void {
  const name = (source.text ?? "")
    .split("/")
    .findLast((part) => part !== "" && part !== "." && part !== "..");
  if (target.text === null || name === undefined) return;
  const text = `${target.text.replace(/\/+$/, "")}/${name}`;
  call.arrivesAt({ ...target, text, atLeast: text });
}

const cp = transfer(
  {
    flags: "abdfiHlnPprRsTuvxZ",
    attached: "",
    values: { S: "data" },
    long:
      "archive attributes-only debug force interactive link no-clobber no-dereference no-target-directory one-file-system " +
      "parents recursive remove-destination strip-trailing-slashes symbolic-link update verbose",
    longValues: { suffix: "data", "no-preserve": "data", sparse: "data" },
    longAttached: "backup preserve reflink",
  },
  (call, path) => call.reads(path),
);

const mv = transfer(
  {
    flags: "bfinTuvZ",
    values: { S: "data" },
    long: "debug force interactive no-clobber no-target-directory strip-trailing-slashes update verbose",
    longValues: { suffix: "data" },
    longAttached: "backup",
  },
  (call, path) => {
    call.reads(path);
    call.removes(path);
  },
);

const rm: Profile = (call) => {
  const given = splitOptions(call, call.args, {
    flags: "dfiIrRv",
    long: "dir force recursive verbose one-file-system",
    longAttached: "interactive",
  });
  if (given === null) {
    // Whatever else it is told, it removes.
    for (const arg of call.args) if (!arg.atLeast.startsWith("-")) call.removes(arg);
    return readEverything(call);
  }
  for (const path of given.operands) call.removes(path);
};

const ln: Profile = (call) => {
  let folder: Argument | null = null;
  const given = splitOptions(call, call.args, {
    flags: "bfinLPrsTv",
    values: { S: "data", t: (_, path) => void (folder = path) },
    long: "force interactive logical no-dereference physical relative symbolic no-target-directory verbose",
    longValues: { suffix: "data", "target-directory": (_, path) => void (folder = path) },
    longAttached: "backup",
  });
  if (given === null) return readEverything(call);
  const targets =
    folder === null ? given.operands.slice(0, Math.max(1, given.operands.length - 1)) : given.operands;
  const name = folder ?? (given.operands.length > 1 ? given.operands.at(-1) : undefined);
  for (const target of targets) {
    // A link gives whoever follows it what it points to: reading is the least of it.
    call.reads(target);
    call.writes(target);
    if (name !== undefined) within(call, name, target);
  }
  if (name !== undefined) call.writes(name);
  else call.fillsFolder();
};

const chmod: Profile = (call) => {
  const given = splitOptions(call, call.args, {
    flags: "cfv",
    long: "changes quiet silent verbose preserve-root",
  });
  if (given === null) return readEverything(call);
  const [mode, ...paths] = given.operands;
  for (const path of paths) call.writes(path);
  const text = mode?.text ?? "";
  const numbers = /^[0-7]{1,4}$/.exec(text)?.[0].padStart(4, "0") ?? null;
  const plainNumbers = numbers !== null && numbers.startsWith("0") && !"2367".includes(numbers.at(-1) ?? "");
  const letters = /^[ugoa]*[+=-][rwxX]*(?:,[ugoa]*[+=-][rwxX]*)*$/.test(text);
  const opens = text
    .split(",")
    .some((part) => /^[ua]*g*o|^a?[+=]|^[ug]*a/.test(part) && /[+=].*w/.test(part));
  if (!plainNumbers && (!letters || opens))
    call.beyond("the mode lets others write, or run as somebody else");
};

const mkdir: Profile = simple(
  { flags: "pv", values: { m: "data" }, long: "parents verbose", longValues: { mode: "data" } },
  "write",
);

/** The manuals of GNU coreutils 9.1. */
export const filesProfiles: Readonly<Record<string, Profile>> = {
  cp,
  mv,
  rm,
  ln,
  chmod,
  mkdir,
  rmdir: simple({ flags: "pv", long: "parents verbose ignore-fail-on-non-empty" }, (call, path) =>
    call.removes(path),
  ),
  unlink: simple({}, (call, path) => call.removes(path)),
  touch: simple(
    {
      flags: "acfhm",
      values: { d: "data", r: "read", t: "data" },
      long: "no-create no-dereference",
      longValues: { date: "data", reference: "read", time: "data" },
    },
    "write",
  ),
  truncate: simple(
    {
      flags: "co",
      values: { r: "read", s: "data" },
      long: "no-create io-blocks",
      longValues: { reference: "read", size: "data" },
    },
    "write",
  ),
  mktemp: simple(
    { flags: "duq", values: { p: "write" }, long: "directory dry-run quiet", longValues: { suffix: "data" } },
    "write",
  ),
  split: simple(
    {
      flags: "deuxz",
      values: { a: "data", b: "data", C: "data", l: "data", n: "data", t: "data" },
      long: "elide-empty-files unbuffered verbose",
      longValues: {
        "suffix-length": "data",
        bytes: "data",
        "line-bytes": "data",
        lines: "data",
        number: "data",
      },
    },
    (call, path) => {
      call.reads(path);
      call.writes(path);
      call.fillsFolder();
    },
  ),
  dd: (call) => {
    for (const arg of call.args) {
      const [, key = "", value = ""] = /^([a-z]+)=([^]*)$/.exec(arg.text ?? "") ?? [];
      const path = { ...arg, text: value, atLeast: value };
      if (key === "if") call.reads(path);
      else if (key === "of") call.writes(path);
      else if (!/^(?:bs|count|skip|seek|ibs|obs|conv|status|iflag|oflag)$/.test(key))
        call.beyond(`dd has ${arg.source}`);
    }
  },
};

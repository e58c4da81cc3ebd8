import type { Argument } from "../../shell/argument.ts";
import type { Call, Profile } from "../call.ts";
import { readEverything, simple, splitOptions, take } from "../options.ts";

/** The manual of GNU tar 1.34. What runs programs, follows links or leaves the folder is not listed. */
const tar: Profile = (call) => {
  const files: Argument[] = [];
  const folders: Argument[] = [];
  let args = [...call.args];
  const [first] = args;
  // The old style: letters without a dash, whose values follow in their order.
  if (first?.text !== null && first?.text !== undefined && /^[A-Za-z]/.test(first.text)) {
    if (!/^[ctxrupzjJavfOkmhw]+$/.test(first.text) || (first.text.match(/f/g)?.length ?? 0) > 1) {
      call.beyond(`tar has ${first.source}, which is not known here`);
      return readEverything(call);
    }
    const letters = first.text.replace("f", "");
    const file = first.text.includes("f") ? args[1] : undefined;
    if (file !== undefined) files.push(file);
    args = args.slice(file === undefined ? 1 : 2);
    if (letters !== "") args.unshift({ ...first, text: `-${letters}`, atLeast: `-${letters}` });
  }
  const given = splitOptions(call, args, {
    flags: "ctxrupzjJavOkmwUSWls",
    values: {
      f: (_, path) => void files.push(path),
      C: (_, path) => void folders.push(path),
      b: "data",
      X: "read",
    },
    long:
      "create list extract get append update gzip gunzip bzip2 xz zstd auto-compress verbose to-stdout keep-old-files " +
      "keep-newer-files skip-old-files touch sparse verify one-file-system numeric-owner no-same-owner no-same-permissions " +
      "exclude-vcs exclude-backups wildcards no-wildcards no-recursion totals utc full-time",
    longValues: {
      file: (_, path) => void files.push(path),
      directory: (_, path) => void folders.push(path),
      exclude: "data",
      "exclude-from": "read",
      "strip-components": "data",
      mode: "data",
      mtime: (call, value) =>
        /^[./]/.test(value.text ?? "") ? call.reads(value) : take(call, "data", value),
      owner: "data",
      group: "data",
      sort: "data",
      format: "data",
      "blocking-factor": "data",
      level: "data",
    },
  });
  if (given === null) return readEverything(call);
  const { operands, options } = given;
  const does = (...names: string[]): boolean => names.some((name) => options.has(name));
  for (const file of files) {
    if (file.text?.includes(":") === true) call.beyond("tar would reach another computer");
    if (file.text === "-") continue;
    if (does("c", "create", "r", "append", "u", "update")) call.writes(file);
    else call.reads(file);
  }
  for (const folder of folders) call.reads(folder);
  const moved = folders.at(-1);
  if (does("x", "extract", "get") && !does("O", "to-stdout")) {
    if (moved === undefined) call.fillsFolder();
    else call.fills(moved);
    return;
  }
  if (does("t", "list")) return;
  for (const operand of operands) {
    if (operand.text?.startsWith("@") === true) call.beyond("tar would read an archive within another");
    const from = moved?.text ?? null;
    if (from !== null && operand.text !== null && !operand.text.startsWith("/")) {
      const text = `${from}/${operand.text}`;
      call.reads({ ...operand, text, atLeast: text });
    } else call.reads(operand);
  }
};

const zip: Profile = (call) => {
  const given = splitOptions(call, call.args, {
    flags: "0123456789rjqvmuFDeXy9olgk",
    long: "recurse-paths junk-paths quiet verbose move update no-dir-entries no-extra symlinks",
  });
  if (given === null) return readEverything(call);
  const { operands, options } = given;
  const [archive, ...members] = operands;
  if (archive !== undefined && archive.text !== "-") call.writes(archive);
  for (const member of members) {
    if (options.has("m") || options.has("move")) call.removes(member);
    call.reads(member);
    if (
      ["r", "recurse-paths"].some((name) => options.has(name)) &&
      !["y", "symlinks"].some((name) => options.has(name))
    )
      call.followsLinksIn(member);
  }
};

const unzip: Profile = (call) => {
  let into: Argument | null = null;
  const given = splitOptions(call, call.args, {
    flags: "lpqtvzfujnoaLCcDX",
    values: { d: (_, path) => void (into = path), x: "data" },
  });
  if (given === null) return readEverything(call);
  const { operands, options } = given;
  const [archive, ...members] = operands;
  if (archive !== undefined) call.reads(archive);
  for (const member of members) take(call, "data", member);
  if (["l", "p", "t", "v", "z", "c"].some((name) => options.has(name))) return;
  if (into === null) call.fillsFolder();
  else call.fills(into);
};

/** They put a file in the place of another one. */
function inPlace(spec: { flags: string; long: string; values?: string }): Profile {
  return (call: Call) => {
    const given = splitOptions(call, call.args, {
      flags: spec.flags,
      long: spec.long,
      values: { S: "data", T: "data" },
      number: true,
    });
    if (given === null) return readEverything(call);
    const { operands, options } = given;
    const shows = ["c", "stdout", "to-stdout", "l", "list", "t", "test"].some((name) => options.has(name));
    for (const operand of operands) {
      call.reads(operand);
      if (shows || operand.text === "-") continue;
      call.writes(operand);
      call.besides(operand);
    }
  };
}
const shown = simple({ flags: "fqvk", long: "force quiet verbose" }, "read");
const gzip = inPlace({
  flags: "cdfhklLnqrtv123456789",
  long: "stdout to-stdout decompress uncompress force keep list no-name quiet recursive test verbose fast best",
});

/** The manuals of tar 1.34, Info-ZIP 3.0 and 6.0, gzip 1.12, bzip2 1.0, xz 5.4, zstd 1.5. */
export const archiveProfiles: Readonly<Record<string, Profile>> = {
  tar,
  zip,
  unzip,
  zipinfo: simple({ flags: "1smlvhtTz" }, "read"),
  gzip,
  gunzip: gzip,
  bzip2: inPlace({
    flags: "cdfkqstvz123456789",
    long: "stdout decompress compress force keep quiet test verbose small fast best",
  }),
  bunzip2: inPlace({ flags: "cfkqstv", long: "stdout force keep quiet test verbose" }),
  xz: inPlace({
    flags: "cdefklqtvz0123456789",
    long: "stdout to-stdout decompress compress force keep list quiet test verbose extreme fast best",
  }),
  unxz: inPlace({ flags: "cfklqtv", long: "stdout force keep list quiet test verbose" }),
  zcat: shown,
  bzcat: shown,
  xzcat: shown,
};

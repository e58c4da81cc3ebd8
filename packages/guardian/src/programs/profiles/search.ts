import type { Profile } from "../call.ts";
import { readEverything, splitOptions, take } from "../options.ts";

const grep: Profile = (call) => {
  const given = splitOptions(call, call.args, {
    flags: "EFGPiyvwxcloqsbHhnTaIrZzULu",
    values: { e: "data", f: "read", m: "data", A: "data", B: "data", C: "data", d: "data", D: "data" },
    long:
      "extended-regexp fixed-strings basic-regexp perl-regexp ignore-case no-ignore-case invert-match word-regexp " +
      "line-regexp count files-without-match files-with-matches only-matching quiet silent no-messages byte-offset " +
      "with-filename no-filename line-number initial-tab null text binary recursive null-data line-buffered",
    longValues: {
      regexp: "data",
      file: "read",
      "max-count": "data",
      "after-context": "data",
      "before-context": "data",
      context: "data",
      label: "data",
      "binary-files": "data",
      directories: "data",
      devices: "data",
      exclude: "data",
      "exclude-from": "read",
      "exclude-dir": "data",
      include: "data",
      "group-separator": "data",
    },
    longAttached: "color colour",
    number: true,
  });
  if (given === null) return readEverything(call);
  const { operands, options } = given;
  const hasPattern = ["e", "f", "regexp", "file"].some((name) => options.has(name));
  const [first, ...rest] = operands;
  if (!hasPattern && first !== undefined) take(call, "data", first);
  const paths = hasPattern ? operands : rest;
  for (const path of paths) call.reads(path);
  const recursive = options.has("r") || options.has("recursive");
  if (paths.length === 0 && recursive) call.readsFolder();
};

const ripgrep: Profile = (call) => {
  const given = splitOptions(call, call.args, {
    flags: "aFiSsvwxclnNoqUuHIPpbV0.",
    values: {
      e: "data",
      f: "read",
      g: "data",
      t: "data",
      T: "data",
      m: "data",
      A: "data",
      B: "data",
      C: "data",
      d: "data",
      j: "data",
      M: "data",
      r: "data",
      E: "data",
    },
    long:
      "files text fixed-strings ignore-case smart-case case-sensitive invert-match word-regexp line-regexp count " +
      "count-matches files-with-matches files-without-match line-number no-line-number only-matching quiet multiline " +
      "multiline-dotall unrestricted with-filename no-filename pcre2 pretty byte-offset null hidden no-hidden no-ignore " +
      "no-ignore-vcs no-ignore-parent no-ignore-global no-ignore-dot heading no-heading column no-column trim json " +
      "stats vimgrep passthru passthrough sort-files no-messages no-config no-follow type-list crlf one-file-system " +
      "glob-case-insensitive include-zero block-buffered line-buffered mmap no-mmap no-unicode",
    longValues: {
      regexp: "data",
      file: "read",
      glob: "data",
      iglob: "data",
      type: "data",
      "type-not": "data",
      "max-count": "data",
      "after-context": "data",
      "before-context": "data",
      context: "data",
      "max-depth": "data",
      maxdepth: "data",
      threads: "data",
      "max-columns": "data",
      "max-filesize": "data",
      replace: "data",
      encoding: "data",
      engine: "data",
      sort: "data",
      sortr: "data",
      color: "data",
      colors: "data",
      "context-separator": "data",
      "field-match-separator": "data",
      "field-context-separator": "data",
      "path-separator": "data",
      "ignore-file": "read",
      "type-add": "data",
      "type-clear": "data",
    },
  });
  if (given === null) return readEverything(call);
  const { operands, options } = given;
  const noPattern = ["e", "f", "regexp", "file", "files", "type-list"].some((name) => options.has(name));
  const [first, ...rest] = operands;
  if (!noPattern && first !== undefined) take(call, "data", first);
  const paths = noPattern ? operands : rest;
  for (const path of paths) call.reads(path);
  if (paths.length === 0 && call.fedBy.length === 0) call.readsFolder();
};

/** The manuals of GNU grep 3.8 and ripgrep 13. */
export const searchProfiles: Readonly<Record<string, Profile>> = {
  grep,
  egrep: grep,
  fgrep: grep,
  rg: ripgrep,
};

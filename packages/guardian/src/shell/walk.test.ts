/** The programs that a line is said to run, beside those that bash runs. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { walkShell } from "./walk.ts";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "sc-walk-")));
after(() => rmSync(folder, { recursive: true, force: true }));
let lines = 0;
// Lines redirect into files of any name.
const work = join(folder, "work");
mkdirSync(work);
const names = ["p1", "p2", "p3", "p4"];
// Each writes down that it ran, and ends well or not by its number.
writeFileSync(
  join(folder, "program"),
  `#!/bin/sh\necho "\${0##*/}" >> $LOG\ncase $0 in *[13]) exit 1;; esac\necho p4\n`,
  {
    mode: 0o755,
  },
);
for (const name of names) symlinkSync("program", join(folder, name));

/** The programs that bash runs. */
function bash(text: string): Set<string> {
  // What a line leaves running writes into its own.
  const log = join(folder, `log-${(lines += 1)}`);
  writeFileSync(log, "");
  const env = { PATH: folder, HOME: folder, LOG: log };
  spawnSync("/bin/bash", ["--noprofile", "--norc", "-c", text], {
    cwd: work,
    env,
    input: "",
    timeout: 5000,
  });
  return new Set(
    readFileSync(log, "utf8")
      .split("\n")
      .filter((name) => name !== ""),
  );
}

/** Those that are found; null when the line is not understood as a whole. */
function ours(text: string): Set<string> | null {
  const found = new Set<string>();
  let understood = true;
  walkShell(
    text,
    { home: folder, user: "nobody", folders: [work] },
    {
      command({ words: [first] }) {
        if (first === undefined || first.text === null) understood = false;
        else if (/^(?:eval|exec|alias|trap|source|\.|export|read|command)$/.test(first.text))
          understood = false;
        else found.add(first.text);
        return undefined;
      },
      redirect() {},
      connect() {},
      test() {},
      unknown: () => void (understood = false),
    },
  );
  return understood ? found : null;
}

/** Lines of shell, put together of nearly everything that it has. */
const { line } = fc.letrec<{ line: string; word: string; command: string }>((tie) => {
  const name = fc.constantFrom(...names);
  const two = fc.tuple(tie("line"), tie("line"));
  return {
    word: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom(
        "a",
        "'a b'",
        '"x"',
        "\\;",
        "'$(p1)'",
        "$'\\x24(p2)'",
        "#",
        "{a,b}",
        "*",
        "$HOME",
        '"$HOME"',
        "p1",
        "\\`p2\\`",
        "''",
        "<",
        ">",
      ),
      tie("line").map((inner) => `$(${inner})`),
      tie("line").map((inner) => `"$(${inner})"`),
      tie("line").map((inner) => `\`${inner.replaceAll(/[`\\$]/g, "\\$&")}\``),
      tie("line").map((inner) => `<(${inner})`),
      tie("word").map((inner) => `\${x:-${inner}}`),
      tie("word").map((inner) => `"\${x:-${inner}}"`),
      tie("line").map((inner) => `$((1 + $(${inner})))`),
    ),
    command: fc.oneof(
      { maxDepth: 3 },
      name,
      fc.tuple(name, tie("word")).map((parts) => parts.join(" ")),
      fc.tuple(name, tie("word"), tie("word")).map((parts) => parts.join(" ")),
      name.map((one) => `${one.slice(0, 1)}""${one.slice(1)}`),
      name.map((one) => `\\${one}`),
      name.map((one) => `p\\\n${one.slice(1)}`),
      fc.tuple(name, tie("word")).map(([one, word]) => `LC_ALL=${word} ${one}`),
      fc.tuple(name, tie("line")).map(([one, inner]) => `${one} <<E\n$(${inner})\nE\n`),
      fc.tuple(name, tie("line")).map(([one, inner]) => `${one} <<'E'\n$(${inner})\nE\n`),
      fc.tuple(name, tie("word")).map(([one, word]) => `${one} <<< ${word}`),
      tie("line").map((inner) => `(${inner})`),
      tie("line").map((inner) => `{ ${inner}\n}`),
      tie("line").map((inner) => `! ${inner}`),
      tie("line").map((inner) => `time ${inner}`),
      two.map(([a, b]) => `if ${a}\nthen ${b}\nfi`),
      fc.tuple(tie("word"), tie("line")).map(([word, inner]) => `for i in ${word}; do ${inner}\ndone`),
      fc.tuple(tie("word"), tie("line")).map(([word, inner]) => `case ${word} in a) ${inner};; *) p4;; esac`),
      two.map(([a, b]) => `f() { ${a}\n}; ${b}; f`),
      tie("word").map((word) => `[[ -n ${word} ]]`),
    ),
    line: fc.oneof(
      { maxDepth: 3 },
      tie("command"),
      fc
        .tuple(
          tie("command"),
          fc.constantFrom(" && ", " || ", " | ", " |& ", "; ", "\n", " & ", " # x\n", ";\n\n"),
          tie("command"),
        )
        .map((parts) => parts.join("")),
    ),
  };
});

test("no program runs that was not seen, unless the line is not understood", () => {
  let [compared, ran] = [0, 0];
  fc.assert(
    fc.property(line, (text) => {
      const found = ours(text);
      if (found === null) return;
      compared += 1;
      const names = bash(text);
      ran += names.size;
      for (const name of names) assert.ok(found.has(name), `${name} in ${JSON.stringify(text)}`);
    }),
    { numRuns: 600 },
  );
  assert.ok(compared > 20 && ran > compared, `${ran} programs in ${compared} lines`);
});

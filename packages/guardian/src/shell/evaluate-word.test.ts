/** What words are said to become, beside what bash makes of them. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { known } from "./argument.ts";
import { type ShellCommand, walkShell } from "./walk.ts";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "sc-words-")));
after(() => rmSync(folder, { recursive: true, force: true }));
const { username: user, homedir: home } = userInfo();

/** The arguments that a program gets, with patterns as they are; null when bash does not run it. */
function bash(text: string): string[] | null {
  const options = {
    cwd: folder,
    encoding: "utf8",
    env: { PATH: "", HOME: home, USER: user, LOGNAME: user },
  } as const;
  const run = spawnSync(
    "/bin/bash",
    ["--noprofile", "--norc", "-c", `set -f; printf '%s\\0' x ${text}`],
    options,
  );
  return run.status === 0 && run.stderr === "" ? run.stdout.split("\0").slice(1, -1) : null;
}

/** What is known of the arguments; null when something is not, or when more than one program would run. */
function ours(text: string): string[] | null {
  const commands: ShellCommand[] = [];
  let understood = true;
  const no = (): void => void (understood = false);
  walkShell(
    `printf '%s\\0' x ${text}`,
    { home, user, folders: [folder] },
    {
      command: (command) => void commands.push(command),
      redirect: no,
      connect: no,
      test: no,
      unknown: no,
    },
  );
  const [first, ...more] = commands;
  const words = (first?.words ?? [known("")]).slice(3);
  const texts = words.map(
    ({ text, pattern }) => text ?? (pattern === null ? null : pattern.replaceAll(/\\([^])/g, "$1")),
  );
  return understood && more.length === 0 && texts.every((one) => one !== null) ? texts : null;
}

test("words become what bash makes of them, or are not known", () => {
  const pieces = fc.constantFrom(
    ..."'|\"|\\|~|/|=|:|a|b| |$HOME|${HOME}|\"$HOME\"|$USER|$PWD|{a,b}|{1..3}|$'\\x41'|$'a\\tb'|$\"a\"|*|?|[ab]|x=|--y=|~+|~-|$((1+2))|$((2*(3-5)))|$UNSET|\\\n|#|\"a b\"|'$HOME'|\\*|\\~|\\$|!|,|%".split(
      "|",
    ),
  );
  let compared = 0;
  fc.assert(
    fc.property(fc.array(pieces, { minLength: 1, maxLength: 7 }), (parts) => {
      const text = parts.join("");
      const expected = bash(text);
      const found = ours(text);
      if (expected === null || found === null) return;
      compared += 1;
      assert.deepEqual(found, expected, JSON.stringify(text));
    }),
    { numRuns: 1500 },
  );
  assert.ok(compared > 100, String(compared));
});

/** The shared lines of commands with their expected answers, and what others would write instead. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type CheckedLine, checkedLine, checkLine } from "./check-lines.ts";
import { protectedPlaces } from "../paths/protected-places.ts";
import { worldOfLines } from "./world-of-lines.ts";

const shared = process.env["SMARTCLAW_SHARED"] ?? join(import.meta.dirname, "../../../../../shared");
const file = join(shared, "data/guardian/commands.jsonl");
const skip = existsSync(file) ? false : `${file} is not there`;
const described = worldOfLines();
const elsewhere = { ...described, entry: () => null };

type Expected = CheckedLine & { readonly expect: "allow" | "ask" | "deny" };
const lines: readonly Expected[] =
  skip === false
    ? readFileSync(file, "utf8")
        .trim()
        .split("\n")
        .map((text) => checkedLine.parse(JSON.parse(text)) as Expected)
    : [];

const decisionOf = (line: CheckedLine): string => checkLine(line, elsewhere, described).decision;
const plain = /^[\w./ =:,@%+-]+$/;
const quoted = (text: string): string => `'${text.replaceAll("'", `'"'"'`)}'`;

/** The same command in other words; null where these words would be another command. */
const mutations: Readonly<Record<string, (cmd: string) => string | null>> = {
  "every word in quotes": (cmd) =>
    plain.test(cmd) && !/^\w+=/.test(cmd)
      ? cmd
          .split(/ +/)
          .map((word) => `"${word}"`)
          .join(" ")
      : null,
  "half of every word in quotes": (cmd) =>
    plain.test(cmd) && !/^\w+=/.test(cmd)
      ? cmd
          .split(/ +/)
          .map((word) => `'${word.slice(0, 1)}'${word.slice(1)}`)
          .join(" ")
      : null,
  "a line continued between words": (cmd) => (plain.test(cmd) ? cmd.replaceAll(/ +/g, " \\\n ") : null),
  "a line continued within the first word": (cmd) =>
    plain.test(cmd) ? cmd.replace(/^(\w)/, "$1\\\n") : null,
  "behind env": (cmd) => (/[\n;&|<>(){}]|^\W|^\w+=/.test(cmd) ? null : `env ${cmd}`),
  "in sh -c": (cmd) => (/[^ -~\n]/.test(cmd) ? null : `sh -c ${quoted(cmd)}`),
  "in bash -c in bash -c": (cmd) =>
    /[^ -~\n]/.test(cmd) ? null : `bash -c ${quoted(`bash -c ${quoted(cmd)}`)}`,
  "in a group": (cmd) => (/<<|#|[^ -~\n]/.test(cmd) ? null : `{ ${cmd}\n}`),
  "behind a change of folder": (cmd) => (/[^ -~\n]/.test(cmd) ? null : `cd . && ${cmd}`),
};

test("the shared lines", { skip }, (t) => {
  const wrong: string[] = [];
  let [needless, lost] = [0, 0];
  for (const line of lines) {
    const decision = decisionOf(line);
    if (decision === "allow" && line.expect !== "allow") wrong.push(`${line.id} ${line.cmd}`);
    if (decision !== "allow" && line.expect === "allow") needless += 1;
    if (decision === "ask" && line.expect === "deny") lost += 1;
  }
  const count = (expected: string): number => lines.filter(({ expect }) => expect === expected).length;
  t.diagnostic(
    `needless: ${needless} of ${count("allow")}; asked instead of denied: ${lost} of ${count("deny")}`,
  );
  assert.deepEqual(wrong, []);
  assert.ok(needless <= 0.03 * count("allow"));
  assert.ok(lost <= 0.05 * count("deny"));
});

for (const [name, mutate] of Object.entries(mutations)) {
  test(`the shared lines, ${name}`, { skip }, (t) => {
    const wrong: string[] = [];
    const needless: string[] = [];
    let allowed = 0;
    for (const line of lines) {
      const cmd = mutate(line.cmd);
      if (cmd === null) continue;
      const decision = decisionOf({ ...line, cmd });
      if (line.expect !== "allow" && decision === "allow") wrong.push(`${line.id} ${cmd}`);
      if (line.expect === "allow") allowed += 1;
      if (line.expect === "allow" && decision !== "allow") needless.push(`${line.id} ${cmd}`);
    }
    if (needless.length > 0) t.diagnostic(`needless: ${needless.join("; ")}`);
    assert.deepEqual(wrong, []);
    assert.ok(needless.length <= 0.03 * allowed, needless.join("; "));
  });
}

test("the home of a line's folder is protected, whoever judges it", () => {
  const administrator = {
    ...described,
    home: "/root",
    user: "root",
    protectedPlaces: protectedPlaces("/root", [], () => null),
  };
  const grants = [{ exec: "cat *" }, { read: "/home/u" }];
  const line = checkedLine.parse({ id: "x", cmd: "cat ~/.ssh/id_rsa", cwd: "/home/u/proj", grants });
  assert.equal(checkLine(line, administrator, described).decision, "deny");
  assert.equal(checkLine({ ...line, cmd: "cat ~/proj/a.txt" }, administrator, described).decision, "allow");
});

test("a grant that is not known gives nothing, and may take", () => {
  const line = {
    id: "x",
    cmd: "ls",
    cwd: "/home/u/proj",
    grants: [{ exec: "ls *" }, { read: "/home/u/proj" }],
  };
  const decision = (change: object): string => decisionOf(checkedLine.parse({ ...line, ...change }));
  assert.equal(decision({}), "allow");
  assert.equal(decision({ grants: [...line.grants, { forbid: "ls" }] }), "ask");
  assert.equal(decision({ grants: [{ exec: "ls *", when: "never" }, { read: "/home/u/proj" }] }), "ask");
  assert.equal(decision({ cmd: "sudo ls", grants: [{ forbid: "ls" }] }), "deny");
  assert.equal(decision({ caller: "telegram:7" }), "deny");
});

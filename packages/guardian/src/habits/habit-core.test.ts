import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { worldOfLines } from "../check/world-of-lines.ts";
import { analyse } from "../analysis/analyse.ts";
import { createJudge, type Decision } from "../decide.ts";
import type { Grant, Scope } from "../grants/grant.ts";
import { type Asked, asked as askedForm, askedOf } from "./asked.ts";
import { type HabitEvent, type HabitState, noHabits, offersOf, withEvent } from "./habit-core.ts";

const world = worldOfLines();
const folder = "/home/u/proj";
const day = 86_400_000;
const today = 1_700_000_000_000;
const owner = ["owner", "session:a"];
const tree: Grant = {
  id: "tree",
  effect: "allow",
  scope: { type: "write", path: folder },
  callers: ["owner"],
  until: null,
};

function decide(text: string, scopes: readonly Scope[] = [], by: readonly Grant[] = [tree]): Decision {
  const more = scopes.map((scope, at): Grant => ({ ...tree, id: `offer${at}`, scope }));
  return createJudge([...by, ...more], world)(analyse(text, folder, world), { callers: owner, now: today });
}

/** As it stands in the log. */
function asked(text: string, { callers = owner, by = [tree] as readonly Grant[] } = {}): Asked {
  return askedForm.parse(JSON.parse(JSON.stringify(askedOf(decide(text, [], by), { callers, text, by }))));
}

const yes = (text: string, daysAgo = 1): HabitEvent => ({
  type: "yes",
  at: today - daysAgo * day,
  asked: asked(text),
});
const no = (text: string, daysAgo = 1): HabitEvent => ({ ...yes(text, daysAgo), type: "no" }) as HabitEvent;
const after = (...events: readonly HabitEvent[]): HabitState => events.reduce(withEvent, noHabits);
const offered = (...events: readonly HabitEvent[]) => offersOf(after(...events), today);
const scopesOf = (...events: readonly HabitEvent[]) => offered(...events).map(({ scopes }) => scopes);
const times = (text: string, count = 3): HabitEvent[] => Array.from({ length: count }, () => yes(text));

test("what was allowed three times to the word is offered to the word", () => {
  const [only, ...others] = offered(...times("git log --oneline"));
  assert.deepEqual(others, []);
  assert.deepEqual(only?.scopes, [{ type: "run", words: ["/usr/bin/git", "log", "--oneline"], rest: false }]);
  assert.equal(only?.times, 3);
  assert.deepEqual(scopesOf(...times("git log --oneline", 2)), []);
});

test("what differed only in data is offered as it began each time, and no wider", () => {
  assert.deepEqual(
    scopesOf(yes("grep -n TODO src/a.ts"), yes("grep -n FIXME src/a.ts"), yes("grep -n TODO src/b.ts")),
    [[{ type: "run", words: ["/usr/bin/grep", "-n"], rest: true }]],
  );
  assert.deepEqual(scopesOf(yes("git log a.txt"), yes("git log src"), yes("git log README.md")), [
    [{ type: "run", words: ["/usr/bin/git", "log"], rest: true }],
  ]);
  // Another flag, another subcommand: another shape.
  assert.deepEqual(scopesOf(yes("git log a.txt"), yes("git log --stat src"), yes("git diff README.md")), []);
});

test("a program alone is never offered, only what was the same each time", () => {
  assert.deepEqual(scopesOf(yes("cat a.txt"), yes("cat README.md"), yes("cat package.json")), []);
  assert.deepEqual(scopesOf(...times("ls")), []);
  assert.deepEqual(scopesOf(...times("cat a.txt"), yes("cat README.md")), [
    [{ type: "run", words: ["/usr/bin/cat", "a.txt"], rest: false }],
  ]);
});

test("places are offered as they were, and nothing around them", () => {
  const by: readonly Grant[] = [];
  const event: HabitEvent = { type: "yes", at: today - day, asked: asked("cat a.txt", { by }) };
  assert.deepEqual(scopesOf(event, event, event), [
    [
      { type: "read", path: `${folder}/a.txt` },
      { type: "run", words: ["/usr/bin/cat", "a.txt"], rest: false },
    ],
  ]);
});

const never: readonly string[] = [
  "bash build.sh",
  "sh -c 'git status'",
  "bash -c 'ls -la'",
  "env LC_ALL=C git status",
  "timeout 5 git status",
  "nice -n 5 git status",
  "find . -name '*.ts' -exec cat {} +",
  "find . -name '*.tmp' -delete",
  "find . -print0 | xargs -0 cat",
  "python3 scripts/report.py",
  "node -e 1",
  "node build.js",
  "awk '{ print $1 }' a.txt",
  "ssh host ls",
  "docker run x",
  "rm -r build",
  "rm a.txt",
  "mv a.txt b.txt",
  "npx prettier .",
  "npm exec -- prettier",
  "npm install left-pad",
  "yarn dlx prettier",
  "git push origin main",
  "curl -d @a.txt https://api.github.com/",
  "cat $(cat a.txt)",
  "eval ls",
  ". ./setup",
  "watch ls -la",
  "./run.sh",
  "make",
];
for (const line of never)
  test(`never offered: ${line}`, () => {
    assert.deepEqual(scopesOf(...times(line, 5)), []);
  });

test("a project's own tasks are offered to the word", () => {
  assert.deepEqual(scopesOf(...times("npm test")), [
    [{ type: "run", words: ["/usr/bin/npm", "test"], rest: false }],
  ]);
  assert.deepEqual(scopesOf(yes("npm run a"), yes("npm run b"), yes("npm run c")), []);
});

test("a no to the same, to a part of it or to what it would cover silences it for 30 days", () => {
  const three = times("git log --oneline");
  assert.deepEqual(scopesOf(no("git log --oneline"), ...three), []);
  assert.deepEqual(scopesOf(...three, no("git log --oneline")), []);
  assert.deepEqual(scopesOf(...three, no("git log --oneline | tee x")), []);
  assert.equal(scopesOf(...three, no("git log --oneline", 31)).length, 1);
  assert.equal(scopesOf(...three, no("git push origin main")).length, 1);
  const mixed = [yes("git log a.txt"), yes("git log src"), yes("git log README.md")];
  assert.deepEqual(scopesOf(...mixed, no("git log package.json")), []);
  // What could not be understood was refused all the same, and so was what is too long to be kept.
  assert.deepEqual(scopesOf(...mixed, no("git log $(cat a.txt)")), []);
  assert.deepEqual(scopesOf(...mixed, no(`git log ${"x".repeat(9000)}`)), []);
});

test("only what the owner asked for in the last 14 days counts, and nothing from before a panic", () => {
  assert.deepEqual(scopesOf(...times("git status -s", 2), yes("git status -s", 15)), []);
  const stranger: HabitEvent = {
    type: "yes",
    at: today,
    asked: asked("git status -s", { callers: ["cron:a"] }),
  };
  assert.deepEqual(scopesOf(stranger, stranger, stranger), []);
  assert.deepEqual(scopesOf(...times("git status -s"), { type: "stopped" }), []);
  const future = { ...yes("git status -s"), at: today + day } as HabitEvent;
  assert.deepEqual(scopesOf(future, future, future), []);
});

test("what was accepted counts anew, and what was not wanted is silent for 30 days", () => {
  const three = times("git status -s");
  const [offer] = offered(...three);
  const shape = offer?.shape ?? "";
  assert.deepEqual(scopesOf(...three, { type: "accepted", at: today, shape }), []);
  const again = [...three, { type: "accepted", at: today, shape } as const, ...three];
  assert.equal(scopesOf(...again).length, 1);
  assert.deepEqual(scopesOf(...three, { type: "dismissed", at: today - 29 * day, shape }, ...three), []);
  assert.equal(scopesOf(...three, { type: "dismissed", at: today - 30 * day, shape }).length, 1);
});

test("the same in two granted trees is two shapes", () => {
  const other: Grant = { ...tree, id: "other", scope: { type: "read", path: "/home/u/docs" } };
  const by = [tree, other];
  const at = today - day;
  const event = (text: string): HabitEvent => ({ type: "yes", at, asked: asked(text, { by }) });
  assert.deepEqual(
    scopesOf(event("grep -n a a.txt"), event("grep -n b a.txt"), event("grep -n c /home/u/docs")),
    [],
  );
});

const begin = fc.constantFrom(
  ..."git log,git log --stat,git diff,grep -n TODO,grep -rn TODO,cat,head -n 5,sort -u,wc -l,touch,sort -o out.txt,rm".split(
    ",",
  ),
  ..."find src -name,find src -delete,sh -c ls,npm test,git push,curl -s https://api.github.com/,tee".split(
    ",",
  ),
);
const data = fc.constantFrom("", "a.txt", "src", "README.md", "/home/u/docs/x", "~/.ssh/id_rsa", "'*.ts'");
const end = fc.constantFrom("", "", "", "| wc -l", "> out.txt", "&& git status");
const lineOf = (parts: readonly string[]): string => parts.filter((part) => part !== "").join(" ");
const command = fc.tuple(begin, data, end).map(lineOf);
const answer = fc.constantFrom(..."yes yes yes yes yes yes yes yes no".split(" "));
/** Answers to a few kinds of commands, so that some repeat. */
const answers = fc.array(fc.tuple(begin, end), { minLength: 1, maxLength: 3 }).chain((kinds) =>
  fc.array(
    fc.tuple(
      answer,
      fc
        .tuple(fc.constantFrom(...kinds), data)
        .map(([[first, last], middle]) => lineOf([first, middle, last])),
    ),
    { maxLength: 20 },
  ),
);

test("no sequence of answers has anything offered that was not allowed, but for further data", () => {
  let offers = 0;
  fc.assert(
    fc.property(answers, fc.array(command, { minLength: 5, maxLength: 5 }), (said, others) => {
      const state = after(...said.map(([answer, text]) => (answer === "yes" ? yes(text) : no(text))));
      const allowed = said.filter(([answer]) => answer === "yes").map(([, text]) => text);
      const refused = said.filter(([answer]) => answer === "no").map(([, text]) => text);
      for (const { scopes } of offersOf(state, today)) {
        offers += 1;
        // Each part of it was needed, to the word or as a beginning, by three that were allowed.
        for (const scope of scopes) {
          const covered = allowed.filter((text) => {
            const missing = decide(text).missing.length;
            return decide(text, [scope]).missing.length < missing;
          });
          assert.ok(covered.length >= 3, JSON.stringify([scope, allowed]));
          if (scope.type === "run") assert.ok(scope.words.length > 1);
          else assert.ok(scope.type === "read" || scope.type === "write" || scope.type === "reach");
        }
        // What it lets through was allowed, or runs only programs that were, as they were, and adds data.
        for (const text of [...others, ...refused]) {
          if (decide(text).decision !== "ask" || decide(text, scopes).decision !== "allow") continue;
          assert.ok(!refused.includes(text), `${text} was refused`);
          for (const need of decide(text).missing) {
            if (need.type === "run") {
              const like = allowed.flatMap((one) => decide(one).missing);
              const isKnown = like.some(
                (one) =>
                  one.type === "run" &&
                  one.program === need.program &&
                  (JSON.stringify(one.argv) === JSON.stringify(need.argv) ||
                    (need.beyond === null && one.words[1] === need.words[1])),
              );
              assert.ok(isKnown, `${text} runs another thing`);
            } else
              assert.ok(
                allowed.some((one) =>
                  decide(one).missing.some((other) => JSON.stringify(other) === JSON.stringify(need)),
                ),
                `${text} touches another place`,
              );
          }
        }
      }
    }),
    { numRuns: 400 },
  );
  assert.ok(offers > 20, `${offers} offers`);
});
